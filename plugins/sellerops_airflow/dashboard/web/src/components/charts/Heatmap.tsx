import { Box, HStack, Text } from "@chakra-ui/react";
import { type KeyboardEvent, useRef, useState } from "react";

export type CellTone = "good" | "partial" | "late" | "bad" | "none";

export interface HeatCell {
  tone: CellTone;
  /** Everything the colour says and more, as "orders, Germany, Nov 20: 2 of 3 loaded". */
  text: string;
}

interface HeatmapProps {
  label: string;
  rows: readonly { key: string; label: string }[];
  columns: readonly { key: string; label: string }[];
  /** The cell, or undefined where there is nothing to expect. */
  cell: (row: string, column: string) => HeatCell | undefined;
  onOpen?: (row: string, column: string) => void;
  /** Write every so manieth column's label. */
  labelEvery?: number;
  /** Words of the legend. */
  legend?: Partial<Record<CellTone, string>>;
}

// A mark besides the colour, for people who do not see it.
const LOOKS: Record<CellTone, { bg: string; mark: string }> = {
  good: { bg: "#009E73", mark: "" },
  partial: { bg: "#56B4E9", mark: "~" },
  late: { bg: "#E69F00", mark: "…" },
  bad: { bg: "#D55E00", mark: "×" },
  none: { bg: "transparent", mark: "" },
};
const SIZE = 18;

/** A grid of coloured cells that arrow keys walk through and Enter opens. */
export const Heatmap = ({ label, rows, columns, cell, onOpen, labelEvery = 7, legend }: HeatmapProps) => {
  const [at, setAt] = useState<[number, number]>([0, Math.max(0, columns.length - 1)]);
  const grid = useRef<HTMLDivElement>(null);
  const press = (event: KeyboardEvent) => {
    const moves: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const bound = (value: number, count: number) => Math.min(count - 1, Math.max(0, value));
    const to: [number, number] = [bound(at[0] + move[0], rows.length), bound(at[1] + move[1], columns.length)];
    setAt(to);
    grid.current?.querySelector<HTMLElement>(`[data-at="${to.join()}"]`)?.focus();
  };
  return (
    <Box>
      {legend && (
        <HStack gap={4} mb={2} fontSize="sm" flexWrap="wrap">
          {(Object.entries(legend) as [CellTone, string][]).map(([tone, words]) => (
            <HStack key={tone} gap={1.5}>
              <Square tone={tone} />
              <Text as="span">{words}</Text>
            </HStack>
          ))}
        </HStack>
      )}
      <Box ref={grid} role="grid" aria-label={label} aria-rowcount={rows.length + 1} overflowX="auto" pb={2} onKeyDown={press}>
        <Box role="row" display="flex" minW="max-content">
          <Box role="columnheader" w={{ base: "7rem", md: "11rem" }} flexShrink={0} position="sticky" left={0} bg="bg.panel" aria-label="Row" />
          {columns.map((column, index) => (
            <Box key={column.key} role="columnheader" w={`${SIZE + 2}px`} fontSize="xs" color="fg.muted" whiteSpace="nowrap" overflow="visible" aria-label={column.label}>
              <Box as="span" aria-hidden>{index % labelEvery === 0 && index + 2 < columns.length ? column.label : ""}</Box>
            </Box>
          ))}
        </Box>
        {rows.map((row, r) => (
          <Box key={row.key} role="row" display="flex" minW="max-content">
            <Box
              role="rowheader" w={{ base: "7rem", md: "11rem" }} flexShrink={0} fontSize="sm" pe={2} truncate position="sticky" left={0} bg="bg.panel" title={row.label} zIndex={1}
            >
              {row.label}
            </Box>
            {columns.map((column, c) => {
              const found = cell(row.key, column.key);
              const open = found && onOpen ? () => onOpen(row.key, column.key) : undefined;
              return (
                <Box
                  key={column.key} role="gridcell" data-at={`${r},${c}`} tabIndex={at[0] === r && at[1] === c ? 0 : -1} p="1px"
                  aria-label={found?.text ?? `${row.label}, ${column.label}: nothing expected`} title={found?.text}
                  cursor={open ? "pointer" : undefined} borderRadius="sm" _focusVisible={{ outline: "2px solid", outlineColor: "blue.solid" }}
                  onClick={() => { setAt([r, c]); open?.(); }}
                  onKeyDown={(event: KeyboardEvent) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open?.(); } }}
                >
                  <Square tone={found?.tone ?? "none"} />
                </Box>
              );
            })}
          </Box>
        ))}
      </Box>
    </Box>
  );
};

const Square = ({ tone }: { tone: CellTone }) => (
  <Box
    aria-hidden w={`${SIZE}px`} h={`${SIZE}px`} borderRadius="sm" borderWidth={tone === "none" ? "1px" : 0} fontSize="xs" lineHeight={`${SIZE}px`}
    textAlign="center" color="black" fontWeight="bold" style={{ background: LOOKS[tone].bg }}
  >
    {LOOKS[tone].mark}
  </Box>
);
