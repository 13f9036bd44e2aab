import { Box } from "@chakra-ui/react";

import { SERIES, money, toNumber } from "../../components";
import { rangeOf } from "../../components/charts/scale";

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

const LABELS = 200;
const FIGURES = 110;
const ROW = 26;
const WIDTH = 860;
const [BLUE, ORANGE] = [SERIES[0], SERIES[1]];

/** Steps one below the other: each bar begins where the one above ends. Sums are full bars from zero. */
export const Waterfall = ({ label, steps, currency }: WaterfallProps) => {
  const placed = place(steps);
  const range = rangeOf(placed.flatMap(({ from, to }) => [from, to]));
  const x = (value: number) => LABELS + ((value - range.low) / (range.high - range.low)) * (WIDTH - LABELS - FIGURES);
  const height = steps.length * ROW + 6;
  const told = steps.map((step) => `${step.label} ${money(step.value, currency)}`).join(", ");
  return (
    <Box overflowX="auto" tabIndex={0} role="region" aria-label={label}>
      <svg width={WIDTH} height={height} role="img" aria-label={`${label}: ${told}`} style={{ display: "block" }}>
        <line x1={x(0)} x2={x(0)} y1={0} y2={height} stroke="currentColor" opacity={0.4} />
        {placed.map(({ step, from, to }, index) => {
          const top = index * ROW + 5;
          const color = step.isSum || to >= from ? BLUE : ORANGE;
          return (
            <g key={step.name}>
              <text x={LABELS - 10} y={top + 13} textAnchor="end" fill="currentColor" fontWeight={step.isSum ? 600 : 400} style={{ fontSize: 13 }}>
                {step.label}
              </text>
              <rect
                x={Math.min(x(from), x(to))} y={top} width={Math.max(1, Math.abs(x(to) - x(from)))} height={ROW - 8} rx={2} fill={color}
                fillOpacity={step.isSum ? 1 : 0.7}
              />
              {index + 1 < placed.length && <line x1={x(to)} x2={x(to)} y1={top + ROW - 8} y2={top + ROW} stroke="currentColor" opacity={0.5} />}
              <text x={WIDTH} y={top + 13} textAnchor="end" fill="currentColor" fontWeight={step.isSum ? 600 : 400} style={{ fontSize: 13, fontVariantNumeric: "tabular-nums" }}>
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
