import { Tabs as ChakraTabs } from "@chakra-ui/react";
import type { ReactNode } from "react";

import { useQueryParam } from "../lib/useScope";

interface TabsProps {
  /** Name of its parameter in the URL; the first tab is the default. */
  name?: string;
  label: string;
  tabs: readonly { value: string; title: string; content: () => ReactNode }[];
}

/** Parts of a page one at a time; which one is in the URL. Only the open one is rendered. */
export const Tabs = ({ name = "tab", label, tabs }: TabsProps) => {
  const [wanted, setWanted] = useQueryParam(name, tabs[0]?.value);
  const value = tabs.some((tab) => tab.value === wanted) ? wanted : (tabs[0]?.value ?? "");
  return (
    <ChakraTabs.Root value={value} onValueChange={(change) => setWanted(change.value)} lazyMount unmountOnExit>
      <ChakraTabs.List aria-label={label} overflowX="auto" overflowY="hidden" maxW="full">
        {tabs.map((tab) => (
          <ChakraTabs.Trigger key={tab.value} value={tab.value} whiteSpace="nowrap" flexShrink={0}>
            {tab.title}
          </ChakraTabs.Trigger>
        ))}
      </ChakraTabs.List>
      {tabs.map((tab) => (
        <ChakraTabs.Content key={tab.value} value={tab.value}>
          {tab.content()}
        </ChakraTabs.Content>
      ))}
    </ChakraTabs.Root>
  );
};
