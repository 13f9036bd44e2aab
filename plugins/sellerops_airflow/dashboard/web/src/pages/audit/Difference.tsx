import { Code, Span, Stack, Text } from "@chakra-ui/react";

interface DifferenceProps {
  before: unknown;
  after: unknown;
}

/** What changed: of two objects the keys that differ, else both values. */
export const Difference = ({ before, after }: DifferenceProps) => {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => text(before[key]) !== text(after[key]));
    if (keys.length === 0) return <Text color="fg.muted">unchanged</Text>;
    return (
      <Stack gap={1}>
        {keys.map((key) => (
          <Change key={key} name={key} before={before[key]} after={after[key]} />
        ))}
      </Stack>
    );
  }
  return <Change before={before} after={after} />;
};

const Change = ({ name, before, after }: DifferenceProps & { name?: string }) => (
  <Text as="span" fontSize="sm" wordBreak="break-word" whiteSpace="normal" maxW="32rem" display="block">
    {name && <Span color="fg.muted">{name}: </Span>}
    <Value of={before} /> <Span aria-label="then">→</Span> <Value of={after} />
  </Text>
);

const Value = ({ of }: { of: unknown }) =>
  of === null || of === undefined ? <Span color="fg.muted">nothing</Span> : <Code size="sm" whiteSpace="pre-wrap">{text(of)}</Code>;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
