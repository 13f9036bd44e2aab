import { linePath } from "./scale";

interface SparklineProps {
  /** Oldest first; null: unknown. */
  values: readonly (number | null)[];
  label: string;
  write: (value: number) => string;
  width?: number;
  height?: number;
}

/** A small line without axes, its last point marked. */
export const Sparkline = ({ values, label, write, width = 140, height = 28 }: SparklineProps) => {
  const known = values.filter((value): value is number => value !== null);
  const last = known.at(-1);
  const first = known[0];
  if (last === undefined || first === undefined) return null;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const at = (value: number, index: number) =>
    [3 + (index / Math.max(1, values.length - 1)) * (width - 6), high === low ? height / 2 : 3 + ((high - value) / (high - low)) * (height - 6)] as const;
  const points = values.map((value, index) => (value === null ? null : at(value, index)));
  const end = points[values.lastIndexOf(last)];
  return (
    <svg
      width="100%" height={height} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" style={{ maxWidth: width * 1.6 }}
      aria-label={`${label}: from ${write(first)} to ${write(last)}, between ${write(low)} and ${write(high)}`}
    >
      <path d={linePath(points)} fill="none" stroke="#0072B2" strokeWidth={1.5} vectorEffect="non-scaling-stroke" />
      {end && <path d={`M${end[0]},${end[1]}h0.01`} stroke="#D55E00" strokeWidth={6} strokeLinecap="round" vectorEffect="non-scaling-stroke" />}
    </svg>
  );
};
