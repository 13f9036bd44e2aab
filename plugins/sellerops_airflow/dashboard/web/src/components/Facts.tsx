import { DataList } from "@chakra-ui/react";
import type { ReactNode } from "react";

/** Names with their values, one below the other; what is empty is left out. */
export const Facts = ({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) => (
  <DataList.Root orientation="horizontal" size="sm" gap={2}>
    {facts
      .filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false)
      .map(([name, value]) => (
        <DataList.Item key={name} alignItems="start">
          <DataList.ItemLabel minW="9rem">{name}</DataList.ItemLabel>
          <DataList.ItemValue wordBreak="break-word" minW={0}>
            {value}
          </DataList.ItemValue>
        </DataList.Item>
      ))}
  </DataList.Root>
);
