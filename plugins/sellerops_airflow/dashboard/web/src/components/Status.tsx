import { Badge, List, Span, Text } from "@chakra-ui/react";

import { explainMissing } from "../lib/missing";
import { HubLink } from "./Links";

export type FigureStatus = "complete" | "estimated" | "incomplete";

const STATUS = {
  complete: { mark: "✓", palette: "green", text: "Complete", help: "Final: nothing is missing." },
  estimated: { mark: "≈", palette: "yellow", text: "Estimated", help: "Will still change: some amounts are not posted yet." },
  incomplete: { mark: "!", palette: "orange", text: "Incomplete", help: "Something is missing." },
} as const;

const TONES = { good: "green", warning: "yellow", bad: "red", info: "blue", quiet: "gray" } as const;
export type Tone = keyof typeof TONES;

/** Whether a figure can be trusted. Other words than the three are shown as they are: give them a `tone`. */
export const StatusBadge = ({ status, tone }: { status: string; tone?: Tone }) => {
  const known = STATUS[status as FigureStatus];
  return (
    <Badge colorPalette={tone ? TONES[tone] : (known?.palette ?? "gray")} variant="surface" title={known?.help} whiteSpace="nowrap">
      {known && <Span aria-hidden>{known.mark}</Span>}
      {known?.text ?? status}
    </Badge>
  );
};

/** What makes figures incomplete, each with the page that helps. Nothing where nothing is missing. */
export const MissingList = ({ missing, inline }: { missing: readonly string[]; inline?: boolean }) => {
  if (missing.length === 0) return null;
  const items = missing.map((word) => {
    const { text, page } = explainMissing(word);
    return { word, item: page ? <HubLink to={page}>{text}</HubLink> : <Text as="span">{text}</Text> };
  });
  if (inline)
    return (
      <Text as="span" fontSize="sm">
        <Span color="fg.muted">Missing: </Span>
        {items.map(({ word, item }, index) => (
          <Span key={word}>
            {item}
            {index < items.length - 1 ? ", " : ""}
          </Span>
        ))}
      </Text>
    );
  return (
    <List.Root ps={4} fontSize="sm" aria-label="Missing">
      {items.map(({ word, item }) => (
        <List.Item key={word}>{item}</List.Item>
      ))}
    </List.Root>
  );
};
