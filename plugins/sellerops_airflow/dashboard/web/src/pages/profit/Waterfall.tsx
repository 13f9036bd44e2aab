import { Box } from "@chakra-ui/react";

import { SERIES, money, toNumber } from "../../components";
import { rangeOf } from "../../components/charts/scale";
import { useWidth } from "../../components/charts/useWidth";

export interface WaterfallStep {
  name: string;
  label: string;
  value: string | null;
  isSum: boolean;
}

interface WaterfallProps {
  label: string;
  steps: readonly WaterfallStep[];
  currency: string | null;
}

/** Beside the bars where there is room, else above each. */
const WIDE = { labels: 200, figures: 110, row: 26, bar: 5, text: 18 };
const NARROW = { labels: 0, figures: 0, row: 40, bar: 19, text: 13 };
const ROOM = 560;
const THICK = 18;
const [BLUE, ORANGE] = [SERIES[0], SERIES[1]];

/** Steps one below the other: each bar begins where the one above ends. Sums are full bars from zero. */
export const Waterfall = ({ label, steps, currency }: WaterfallProps) => {
  const [ref, width] = useWidth(860);
  const at = width < ROOM ? NARROW : WIDE;
  const placed = place(steps);
  const range = rangeOf(placed.flatMap(({ from, to }) => [from, to]));
  const x = (value: number) => at.labels + ((value - range.low) / (range.high - range.low)) * (width - at.labels - at.figures);
  const height = steps.length * at.row + 6;
  const told = steps.map((step) => `${step.label} ${money(step.value, currency)}`).join(", ");
  return (
    <Box ref={ref} minW={0}>
      <svg width={width} height={height} role="img" aria-label={`${label}: ${told}`} style={{ display: "block", fontSize: 13 }}>
        <line x1={x(0)} x2={x(0)} y1={0} y2={height} stroke="currentColor" opacity={0.4} />
        {placed.map(({ step, from, to }, index) => {
          const top = index * at.row;
          const style = { fontSize: 13, fontWeight: step.isSum ? 600 : 400, fontVariantNumeric: "tabular-nums" } as const;
          return (
            <g key={step.name}>
              <text x={at.labels === 0 ? 2 : at.labels - 10} y={top + at.text} textAnchor={at.labels === 0 ? "start" : "end"} fill="currentColor" style={style}>
                {step.label}
              </text>
              <rect
                x={Math.min(x(from), x(to))} y={top + at.bar} width={Math.max(1, Math.abs(x(to) - x(from)))} height={THICK} rx={2}
                fill={step.isSum || to >= from ? BLUE : ORANGE} fillOpacity={step.isSum ? 1 : 0.7}
              />
              {index + 1 < placed.length && (
                <line x1={x(to)} x2={x(to)} y1={top + at.bar + THICK} y2={top + at.row + at.bar} stroke="currentColor" opacity={0.5} />
              )}
              <text x={width - 1} y={top + at.text} textAnchor="end" fill="currentColor" style={style}>
                {money(step.value, currency, { signed: !step.isSum })}
              </text>
            </g>
          );
        })}
      </svg>
    </Box>
  );
};

const place = (steps: readonly WaterfallStep[]) => {
  let sum = 0;
  return steps.map((step) => {
    const value = toNumber(step.value) ?? 0;
    const from = step.isSum ? 0 : sum;
    const to = step.isSum ? value : sum + value;
    sum = to;
    return { step, from, to };
  });
};
