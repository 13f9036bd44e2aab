/** Scales of the charts: values to pixels, and round ticks. */

export interface Range {
  low: number;
  high: number;
}

/** The range of values with zero in it, widened to round ends. */
export const rangeOf = (values: readonly (number | null | undefined)[], ticks = 4): Range => {
  const known = values.filter((value): value is number => value !== null && value !== undefined && Number.isFinite(value));
  const low = Math.min(0, ...known);
  const high = Math.max(0, ...known);
  if (low === high) return { low: 0, high: 1 };
  const step = niceStep((high - low) / ticks);
  return { low: Math.floor(low / step) * step, high: Math.ceil(high / step) * step };
};

/** 1, 2, 2.5 or 5 times a power of ten, at least `rough`. */
export const niceStep = (rough: number): number => {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((each) => each * power >= rough * 0.999) ?? 10;
  return factor * power;
};

export const ticksOf = ({ low, high }: Range, ticks = 4): number[] => {
  const step = niceStep((high - low) / ticks);
  const count = Math.round((high - low) / step);
  return Array.from({ length: count + 1 }, (_, index) => Number((low + index * step).toPrecision(12)));
};

/** Every how many of `count` labels can be written, `fit` of them. */
export const labelEvery = (count: number, fit: number) => Math.max(1, Math.ceil(count / Math.max(1, fit)));

/** An SVG path through points; unknown ones leave a gap. */
export const linePath = (points: readonly (readonly [number, number] | null)[]) => {
  let pen = "M";
  let path = "";
  for (const point of points) {
    if (point === null) pen = "M";
    else {
      path += `${pen}${point[0].toFixed(1)},${point[1].toFixed(1)}`;
      pen = "L";
    }
  }
  return path;
};
