import { type Kind, type Value, axisText, day, toNumber, valueText } from "../../lib/format";
import { Frame, type LegendItem } from "./Frame";
import { linePath, rangeOf } from "./scale";

interface BandChartProps {
  label: string;
  days: readonly string[];
  /** What happened; null on days to come. */
  actual?: readonly Value[];
  actualName?: string;
  /** The band and its middle, null on days without a forecast. */
  low: readonly Value[];
  middle: readonly Value[];
  high: readonly Value[];
  bandName?: string;
  middleName?: string;
  /** A level to compare with, as a reorder point. */
  level?: { name: string; value: Value };
  kind: Kind;
  currency?: string | null;
  height?: number;
}

const ACTUAL = "#0072B2";
const BAND = "#E69F00";
const LEVEL = "#D55E00";

/** A forecast as a band with its middle, beside what happened. */
export const BandChart = ({ label, days, low, middle, high, kind, currency, height, level, ...names }: BandChartProps) => {
  const { actual, actualName = "Actual", bandName = "80 % band", middleName = "Forecast" } = names;
  const numbers = (values: readonly Value[] | undefined) => days.map((_, index) => toNumber(values?.[index]));
  const [was, lows, mids, highs] = [numbers(actual), numbers(low), numbers(middle), numbers(high)];
  const line = level ? toNumber(level.value) : null;
  const write = (value: Value) => valueText(kind, value, currency);
  const legend: LegendItem[] = [];
  if (actual) legend.push({ name: actualName, color: ACTUAL, look: "line" });
  legend.push({ name: middleName, color: BAND, look: "dashed" }, { name: bandName, color: BAND, look: "band" });
  if (level && line !== null) legend.push({ name: level.name, color: LEVEL, look: "dashed" });
  const rows = (index: number) => [
    ...(actual ? [{ name: actualName, text: write(was[index]) }] : []),
    { name: middleName, text: write(mids[index]) },
    { name: bandName, text: lows[index] === null ? "—" : `${write(lows[index])} – ${write(highs[index])}` },
  ];
  const last = mids.findLastIndex((value) => value !== null);
  const summary = last < 0 ? "No forecast" : `${middleName} for ${day(days[last])}: ${write(mids[last])}, ${bandName} ${write(lows[last])} to ${write(highs[last])}`;
  return (
    <Frame
      label={label} summary={summary} days={days} range={rangeOf([...was, ...lows, ...highs, line])} legend={legend} rows={rows} height={height}
      write={(value) => axisText(kind, value, currency)}
    >
      {({ x, y }) => {
        const points = (values: (number | null)[]) => values.map((value, index) => (value === null ? null : ([x(index), y(value)] as const)));
        const upper = points(highs).filter((each) => each !== null);
        const lower = points(lows).filter((each) => each !== null);
        return (
          <>
            {upper.length > 0 && <path d={`${linePath(upper)}${linePath(lower.reverse()).replace("M", "L")}Z`} fill={BAND} opacity={0.25} />}
            <path d={linePath(points(mids))} fill="none" stroke={BAND} strokeWidth={2} strokeDasharray="6 4" />
            <path d={linePath(points(was))} fill="none" stroke={ACTUAL} strokeWidth={2} />
            {line !== null && (
              <line x1={x(0)} x2={x(days.length - 1)} y1={y(line)} y2={y(line)} stroke={LEVEL} strokeDasharray="2 3" strokeWidth={2} />
            )}
          </>
        );
      }}
    </Frame>
  );
};
