import { Box, Button, Flex, HStack, Span, Table, Text } from "@chakra-ui/react";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from "react";

import { day } from "../../lib/format";
import { labelEvery, type Range, ticksOf } from "./scale";
import { useWidth } from "./useWidth";

export interface LegendItem {
  name: string;
  color: string;
  look: "bar" | "line" | "dashed" | "band" | "hatched";
}

interface Drawn {
  /** The middle of a day, in pixels. */
  x: (index: number) => number;
  y: (value: number) => number;
  /** Width of a day, in pixels. */
  step: number;
  zero: number;
}

interface FrameProps {
  /** What the chart shows; read out by screen readers. */
  label: string;
  summary: string;
  days: readonly string[];
  range: Range;
  write: (value: number) => string;
  legend: readonly LegendItem[];
  /** What the tooltip and the table say of a day: name and text. */
  rows: (index: number) => readonly { name: string; text: string; color?: string }[];
  height?: number;
  onDay?: (day: string) => void;
  children: (drawn: Drawn) => ReactNode;
}

const LEFT = 56;
const BOTTOM = 26;
const TOP = 8;
const LABEL_WIDTH = 62;
const TOOLTIP_WIDTH = 220;

/** Axes, legend, tooltip (pointer and arrow keys) and table of a chart by day. */
export const Frame = ({ label, summary, days, range, write, legend, rows, height = 240, onDay, children }: FrameProps) => {
  const [ref, width] = useWidth(640);
  const [at, setAt] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  const inner = Math.max(1, width - LEFT - 4);
  const step = inner / Math.max(1, days.length);
  const x = (index: number) => LEFT + (index + 0.5) * step;
  const y = (value: number) => TOP + ((range.high - value) / (range.high - range.low)) * (height - TOP - BOTTOM);
  const every = labelEvery(days.length, Math.floor(inner / LABEL_WIDTH));
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const index = Math.floor((event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT) / step);
    setAt(index >= 0 && index < days.length ? index : null);
  };
  const press = (event: KeyboardEvent) => {
    const moves: Record<string, number> = { ArrowLeft: (at ?? days.length) - 1, ArrowRight: (at ?? -1) + 1, Home: 0, End: days.length - 1 };
    const to = moves[event.key];
    if (to !== undefined) {
      event.preventDefault();
      setAt(Math.min(days.length - 1, Math.max(0, to)));
    } else if (event.key === "Escape") setAt(null);
    else if (event.key === "Enter" && at !== null) onDay?.(days[at] as string);
  };
  return (
    <Box>
      <Flex justify="space-between" gap={3} mb={2} flexWrap="wrap">
        <HStack gap={4} flexWrap="wrap" fontSize="sm">
          {legend.map((item) => (
            <HStack key={item.name} gap={1.5}>
              <Swatch {...item} />
              <Text as="span">{item.name}</Text>
            </HStack>
          ))}
        </HStack>
        <Button size="2xs" variant="ghost" onClick={() => setAsTable(!asTable)} aria-pressed={asTable}>
          {asTable ? "Chart" : "Table"}
        </Button>
      </Flex>
      {asTable ? (
        <DayTable label={label} days={days} rows={rows} />
      ) : (
        <Box position="relative" ref={ref}>
          <svg
            width={width} height={height} role="img" aria-label={`${label}. ${summary}`} tabIndex={0} style={{ display: "block" }}
            onPointerMove={point} onPointerLeave={() => setAt(null)} onKeyDown={press} onBlur={() => setAt(null)}
            onClick={() => at !== null && onDay?.(days[at] as string)} cursor={onDay ? "pointer" : undefined}
          >
            {ticksOf(range).map((tick) => (
              <g key={tick}>
                <line x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} stroke="currentColor" opacity={tick === 0 ? 0.5 : 0.12} />
                <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end" style={{ fontSize: 11 }} fill="currentColor" opacity={0.75}>
                  {write(tick)}
                </text>
              </g>
            ))}
            {days.map((each, index) =>
              index % every === 0 ? (
                <text key={each} x={x(index)} y={height - 6} textAnchor="middle" style={{ fontSize: 11 }} fill="currentColor" opacity={0.75}>
                  {day(each, "short")}
                </text>
              ) : null,
            )}
            {at !== null && <rect x={x(at) - step / 2} y={TOP} width={step} height={height - TOP - BOTTOM} fill="currentColor" opacity={0.08} />}
            {children({ x, y, step, zero: y(Math.min(range.high, Math.max(range.low, 0))) })}
          </svg>
          {at !== null && (
            <Box
              position="absolute" top={0} left={`${x(at) > width / 2 ? Math.max(0, x(at) - TOOLTIP_WIDTH - 8) : x(at) + 8}px`} maxW={`${TOOLTIP_WIDTH}px`}
              bg="bg.panel" borderWidth="1px" borderRadius="md" shadow="md" px={3} py={2} fontSize="sm" pointerEvents="none" zIndex={1}
            >
              <Text fontWeight="medium">{day(days[at], "weekday")}</Text>
              {rows(at).map((row) => (
                <Flex key={row.name} justify="space-between" gap={3}>
                  <Span color="fg.muted">{row.name}</Span>
                  <Span fontVariantNumeric="tabular-nums">{row.text}</Span>
                </Flex>
              ))}
            </Box>
          )}
          <Box srOnly aria-live="polite">
            {at !== null && `${day(days[at], "weekday")}: ${rows(at).map((row) => `${row.name} ${row.text}`).join(", ")}`}
          </Box>
        </Box>
      )}
    </Box>
  );
};

const Swatch = ({ color, look }: LegendItem) => (
  <svg width={18} height={12} aria-hidden>
    {look === "bar" && <rect x={2} width={14} height={12} rx={2} fill={color} />}
    {look === "band" && <rect x={2} y={1} width={14} height={10} rx={2} fill={color} opacity={0.25} />}
    {look === "hatched" && (
      <>
        <rect x={2.5} y={0.5} width={13} height={11} rx={2} fill={color} fillOpacity={0.15} stroke={color} />
        <path d="M4,11L9,1M9,11L14,1" stroke={color} />
      </>
    )}
    {(look === "line" || look === "dashed") && (
      <line x1={0} x2={18} y1={6} y2={6} stroke={color} strokeWidth={2.5} strokeDasharray={look === "dashed" ? "4 3" : undefined} />
    )}
  </svg>
);

const DayTable = ({ label, days, rows }: Pick<FrameProps, "label" | "days" | "rows">) => (
  <Box overflow="auto" maxH="20rem" tabIndex={0} role="region" aria-label={label}>
    <Table.Root size="sm">
      <Table.Header>
        <Table.Row>
          <Table.ColumnHeader>Day</Table.ColumnHeader>
          {rows(0).map((row) => (
            <Table.ColumnHeader key={row.name} textAlign="end">
              {row.name}
            </Table.ColumnHeader>
          ))}
        </Table.Row>
      </Table.Header>
      <Table.Body>
        {days.map((each, index) => (
          <Table.Row key={each}>
            <Table.Cell whiteSpace="nowrap">{day(each, "weekday")}</Table.Cell>
            {rows(index).map((row) => (
              <Table.Cell key={row.name} textAlign="end" fontVariantNumeric="tabular-nums">
                {row.text}
              </Table.Cell>
            ))}
          </Table.Row>
        ))}
      </Table.Body>
    </Table.Root>
  </Box>
);
