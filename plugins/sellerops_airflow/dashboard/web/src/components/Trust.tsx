import { Span, Stack } from "@chakra-ui/react";

import { explainMissing } from "../lib/missing";
import { StatusBadge } from "./Status";

/** Status of a row or column of a table, with what is missing as short text, so that rows keep their height. */
export const Trust = ({ status, missing, wrap }: { status: string; missing: readonly string[]; wrap?: boolean }) => {
  const text = missing.map((word) => explainMissing(word).text).join(", ");
  return (
    <Stack direction={wrap ? "column" : "row"} gap={wrap ? 0.5 : 2} align={wrap ? "end" : "center"}>
      <StatusBadge status={status} />
      {text && (
        <Span fontSize="xs" fontWeight="normal" color="fg.muted" whiteSpace={wrap ? "normal" : "nowrap"} textAlign={wrap ? "end" : "start"} maxW={wrap ? "9rem" : undefined}>
          {text}
        </Span>
      )}
    </Stack>
  );
};
