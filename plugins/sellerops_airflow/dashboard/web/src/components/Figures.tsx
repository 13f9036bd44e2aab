import { HStack, Span, Text, VisuallyHidden } from "@chakra-ui/react";

import { type Kind, UNKNOWN, type Value, changeText, day, moment, money, percent, toNumber, units, valueText } from "../lib/format";

interface FigureProps {
  value: Value;
  /** Short from 10,000 on; the full figure is in the tooltip. */
  compact?: boolean;
  signed?: boolean;
  /** Why the value is unknown, shown when it is. */
  reason?: string;
}

const Figure = ({ text, full, reason }: { text: string; full: string; reason?: string }) => (
  // Positioned, so that what only screen readers see stays within a box that scrolls.
  <Span position="relative" fontVariantNumeric="tabular-nums" whiteSpace="nowrap" title={text === UNKNOWN ? reason : text === full ? undefined : full}>
    {text === UNKNOWN ? (
      <>
        <Span aria-hidden>{UNKNOWN}</Span>
        <VisuallyHidden>unknown{reason ? `: ${reason}` : ""}</VisuallyHidden>
      </>
    ) : (
      text
    )}
  </Span>
);

/** An amount with its currency; "—" if unknown. */
export const Money = ({ value, currency, reason, ...style }: FigureProps & { currency: string | null | undefined }) => (
  <Figure text={money(value, currency, style)} full={money(value, currency)} reason={reason} />
);

/** A count, or another plain number with up to `digits` decimals. */
export const Units = ({ value, reason, ...style }: FigureProps & { digits?: number }) => (
  <Figure text={units(value, style)} full={units(value, { digits: style.digits })} reason={reason} />
);

/** A share (0.123) as percent. */
export const Percent = ({ value, reason, ...style }: FigureProps & { digits?: number }) => (
  <Figure text={percent(value, style)} full={percent(value, { digits: style.digits })} reason={reason} />
);

/** A day. */
export const Day = ({ value, style = "long" }: { value: string | null | undefined; style?: "long" | "short" | "weekday" }) => (
  <Span whiteSpace="nowrap">{value ? <time dateTime={value}>{day(value, style)}</time> : UNKNOWN}</Span>
);

/** A point in time, in UTC. */
export const Moment = ({ value }: { value: string | null | undefined }) => (
  <Span whiteSpace="nowrap">{value ? <time dateTime={value}>{moment(value)}</time> : UNKNOWN}</Span>
);

interface ChangeProps {
  kind: Kind;
  now: Value;
  before: Value;
  currency?: string | null;
  /** Which direction is good news; decides the colour, never alone. */
  good?: "up" | "down" | "neither";
  /** What `before` is, as "same weekday". */
  than?: string;
}

/** How a value changed: arrow, sign and percent (pp for shares), with the value before. */
export const Change = ({ kind, now, before, currency, good = "up", than }: ChangeProps) => {
  const text = changeText(kind, now, before);
  const [a, b] = [toNumber(now), toNumber(before)];
  if (b === null) return null;
  const rose = a !== null && a > b;
  const fell = a !== null && a < b;
  const nice = (rose && good === "up") || (fell && good === "down");
  const color = good === "neither" || (!rose && !fell) ? "fg.muted" : nice ? "blue.fg" : "orange.fg";
  return (
    <HStack as="span" gap={1} flexWrap="wrap" fontSize="sm" color="fg.muted">
      {text && (
        <Span color={color} fontWeight="medium" fontVariantNumeric="tabular-nums">
          <Span aria-hidden>{rose ? "▲ " : fell ? "▼ " : ""}</Span>
          {text}
        </Span>
      )}
      <Text as="span">
        from {valueText(kind, before, currency, { compact: true })}
        {than ? `, ${than}` : ""}
      </Text>
    </HStack>
  );
};
