import { useId } from "react";

import { seriesColor } from "../../lib/colors";
import { type Kind, type Value, axisText, day, toNumber, valueText } from "../../lib/format";
import { Frame, type LegendItem } from "./Frame";
import { linePath, rangeOf } from "./scale";

export interface TimeSeries {
  name: string;
  /** Bars of several series stand side by side, or on each other with `stack`. */
  look: "bar" | "line" | "dashed";
  /** One value per day of the chart; null: unknown. */
  values: readonly Value[];
  color?: string;
}

interface TimeChartProps {
  /** What it shows, as "Profit by day". */
  label: string;
  days: readonly string[];
  series: readonly TimeSeries[];
  /** Values of the days before, aligned to `days`; drawn dashed and grey. */
  comparison?: { name: string; values: readonly Value[] };
  kind: Kind;
  currency?: string | null;
  /** complete, estimated or incomplete per day; the latter two are hatched. */
  status?: readonly (string | undefined)[];
  stack?: boolean;
  height?: number;
  onDay?: (day: string) => void;
}

const COMPARED = "#767676";

/** Bars and lines by day. Days that are not complete are hatched, the comparison is dashed. */
export const TimeChart = ({ label, days, series, comparison, kind, currency, status, stack, height, onDay }: TimeChartProps) => {
  const id = useId().replaceAll(":", "");
  const drawn = series.map((each, index) => ({ ...each, color: each.color ?? seriesColor(index), numbers: each.values.map(toNumber) }));
  const bars = drawn.filter(({ look }) => look === "bar");
  const compared = comparison?.values.map(toNumber);
  const open = (index: number) => status?.[index] !== undefined && status[index] !== "complete";
  const sums = (sign: 1 | -1) =>
    days.map((_, index) => bars.reduce((sum, { numbers }) => sum + (Math.sign(numbers[index] ?? 0) === sign ? (numbers[index] ?? 0) : 0), 0));
  const range = rangeOf([...drawn.flatMap(({ numbers }) => numbers), ...(compared ?? []), ...(stack ? [...sums(1), ...sums(-1)] : [])]);
  const write = (value: Value) => valueText(kind, value, currency);
  const legend: LegendItem[] = drawn.map(({ name, color, look }) => ({ name, color, look }));
  if (comparison) legend.push({ name: comparison.name, color: COMPARED, look: "dashed" });
  if (bars.length > 0 && days.some((_, index) => open(index)))
    legend.push({ name: "not complete", color: bars[0]?.color ?? COMPARED, look: "hatched" });
  const rows = (index: number) => [
    ...drawn.map(({ name, values, color }) => ({ name, text: write(values[index]), color })),
    ...(comparison ? [{ name: comparison.name, text: write(comparison.values[index]) }] : []),
    ...(status ? [{ name: "Status", text: status[index] ?? "no figures" }] : []),
  ];
  const main = drawn[0];
  const summary = main ? `${days.length} days from ${day(days[0])} to ${day(days.at(-1))}; latest value of ${main.name}: ${write(main.values.at(-1))}` : "";
  return (
    <Frame
      label={label} summary={summary} days={days} range={range} legend={legend} rows={rows} height={height} onDay={onDay}
      write={(value) => axisText(kind, value, currency)}
    >
      {({ x, y, step, zero }) => (
        <>
          <defs>
            {bars.map(({ color }, index) => (
              <pattern key={index} id={`${id}-${index}`} width={6} height={6} patternUnits="userSpaceOnUse" patternTransform="rotate(30)">
                <rect width={6} height={6} fill={color} fillOpacity={0.15} />
                <line x1={1.5} x2={1.5} y2={6} stroke={color} strokeWidth={2} />
              </pattern>
            ))}
          </defs>
          {days.map((each, index) => {
            const room = step * 0.78;
            const wide = Math.max(1, stack ? room : room / Math.max(1, bars.length));
            const sum = { up: 0, down: 0 };
            return bars.map(({ numbers, color }, which) => {
              const value = numbers[index];
              if (value === null || value === undefined || value === 0) return null;
              const way = value > 0 ? "up" : "down";
              const base = stack ? sum[way] : 0;
              sum[way] += value;
              const [top, foot] = [y(Math.max(base, base + value)), stack && base !== 0 ? y(Math.min(base, base + value)) : 0];
              const height_ = stack && base !== 0 ? foot - top : Math.abs(y(value) - zero);
              return (
                <rect
                  key={`${each}-${which}`} x={x(index) - room / 2 + (stack ? 0 : which * wide)} y={top} width={wide} height={Math.max(1, height_)}
                  fill={open(index) ? `url(#${id}-${which})` : color} stroke={open(index) && step > 8 ? color : undefined}
                />
              );
            });
          })}
          {compared && (
            <path
              d={linePath(days.map((_, index) => at(x, y, compared[index], index)))} fill="none" stroke={COMPARED} strokeWidth={1.5} strokeDasharray="5 4"
            />
          )}
          {drawn
            .filter(({ look }) => look !== "bar")
            .map(({ name, numbers, color, look }) => (
              <path
                key={name} d={linePath(days.map((_, index) => at(x, y, numbers[index], index)))} fill="none" stroke={color} strokeWidth={2}
                strokeDasharray={look === "dashed" ? "6 4" : undefined} strokeLinejoin="round" strokeLinecap="round"
              />
            ))}
        </>
      )}
    </Frame>
  );
};

const at = (x: (index: number) => number, y: (value: number) => number, value: number | null | undefined, index: number) =>
  value === null || value === undefined ? null : ([x(index), y(value)] as const);
