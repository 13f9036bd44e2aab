import { Box, Button, Code, Flex, Heading, Stack, Text } from "@chakra-ui/react";
import { useState } from "react";

import { day } from "../../lib/format";
import { LandedRows } from "./LandedRows";
import { type RowKeys, type Step, type Why, type WhyInput, keysOfInput, keysText } from "./keys";

interface WhyInputsProps {
  why: Why;
  keys: RowKeys;
  open: (step: Step) => void;
}

const KINDS: Record<string, string> = { mart: "mart", landed: "loaded from Amazon", reference: "your reference data" };

/** What the figure was made of; marts open in turn, landed tables show their rows with document and run. */
export const WhyInputs = ({ why, keys, open }: WhyInputsProps) => {
  const [all, setAll] = useState(false);
  const making = why.inputs.filter((input) => input.makes_value);
  const deciding = why.inputs.filter((input) => !input.makes_value);
  const list = (inputs: WhyInput[]) => (
    <Stack as="ul" gap={2} listStyleType="none">
      {inputs.map((input) => (
        <Input key={input.name} why={why} input={input} keys={keys} open={open} />
      ))}
    </Stack>
  );
  return (
    <Stack gap={3}>
      {making.length > 0 && (
        <>
          <Heading as="h3" size="sm">
            What it is made of
          </Heading>
          {list(making)}
        </>
      )}
      {deciding.length > 0 && (
        <>
          <Heading as="h3" size="sm">
            {why.computed ? "Stored figures it is computed from" : "What else decides which rows count"}
          </Heading>
          {why.computed || all || making.length === 0 ? (
            list(deciding)
          ) : (
            <Button size="xs" variant="outline" alignSelf="start" onClick={() => setAll(true)}>
              Show {deciding.length} more
            </Button>
          )}
        </>
      )}
    </Stack>
  );
};

const Input = ({ why, input, keys, open }: WhyInputsProps & { input: WhyInput }) => {
  const [shown, setShown] = useState(false);
  const read = keysOfInput(input.keys);
  const column = input.columns[0] ?? "";
  const action = () => (input.kind === "mart" ? open({ name: input.name, mart: input.name, column, keys: read }) : setShown(!shown));
  return (
    <Box as="li" borderWidth="1px" borderRadius="md" p={3}>
      <Flex justify="space-between" gap={3} align="start">
        <Box minW={0}>
          <Text fontWeight="medium" overflowWrap="anywhere">
            {input.name}{" "}
            <Text as="span" color="fg.muted" fontWeight="normal" fontSize="sm">
              {KINDS[input.kind] ?? input.kind}
            </Text>
          </Text>
          {input.description && (
            <Text fontSize="sm" color="fg.muted" lineClamp={2}>
              {input.description}
            </Text>
          )}
          <Text fontSize="sm">
            {input.columns.map((each) => (
              <Code key={each} size="sm" me={1}>
                {each}
              </Code>
            ))}
            <Text as="span" color="fg.muted">
              {keysText(read, (iso) => day(iso, "short"))}
            </Text>
          </Text>
        </Box>
        {input.hidden ? (
          <Text fontSize="sm" color="fg.muted" whiteSpace="nowrap">
            Costs are hidden
          </Text>
        ) : (
          <Button size="xs" variant="outline" flexShrink={0} onClick={action} aria-expanded={input.kind === "mart" ? undefined : shown} aria-label={`${input.kind === "mart" ? "Open" : shown ? "Hide rows of" : "Show rows of"} ${input.name}`}>
            {input.kind === "mart" ? "Open" : shown ? "Hide" : "Rows"}
          </Button>
        )}
      </Flex>
      {shown && <LandedRows mart={why.mart} column={why.column} name={input.name} keys={keys} />}
    </Box>
  );
};
