import { Input } from "@chakra-ui/react";
import { useEffect, useState } from "react";

import type { TableState } from "../../components";

const WAIT = 300;

/** A search whose text is in the URL, asked once typing pauses. */
export const SearchBox = ({ what, table }: { what: string; table: TableState }) => {
  const [text, setText] = useState(table.q);
  useEffect(() => setText(table.q), [table.q]);
  useEffect(() => {
    if (text === table.q) return undefined;
    const timer = setTimeout(() => table.find(text), WAIT);
    return () => clearTimeout(timer);
  });
  return (
    <Input type="search" size="sm" width="14rem" maxW="100%" placeholder={`Find ${what}`} aria-label={`Find ${what}`} value={text} onChange={(event) => setText(event.currentTarget.value)} />
  );
};
