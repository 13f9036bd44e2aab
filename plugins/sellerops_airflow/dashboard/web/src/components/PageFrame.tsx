import { Box, Flex, Heading, HStack, Stack, Text } from "@chakra-ui/react";
import { type ReactNode, useEffect } from "react";

import { ScopeBar, type ScopeParts } from "./ScopeBar";

interface PageFrameProps {
  title: string;
  /** One sentence: what the page answers. */
  lead?: ReactNode;
  /** Which parts of the scope the page heeds; none: no scope bar. */
  scope?: ScopeParts;
  /** Buttons beside the title. */
  actions?: ReactNode;
  children?: ReactNode;
}

/** The frame of a page: title, what it answers, scope bar, content. */
export const PageFrame = ({ title, lead, scope, actions, children }: PageFrameProps) => {
  useEffect(() => {
    const before = document.title;
    document.title = `${title} · Seller hub`;
    return () => void (document.title = before);
  }, [title]);
  return (
    <Stack gap={4} minW={0}>
      <Flex justify="space-between" align="start" gap={3} flexWrap="wrap">
        <Box>
          <Heading as="h1" size="xl">
            {title}
          </Heading>
          {lead && <Text color="fg.muted">{lead}</Text>}
        </Box>
        {actions && <HStack flexWrap="wrap">{actions}</HStack>}
      </Flex>
      {scope && <ScopeBar parts={scope} />}
      {children}
    </Stack>
  );
};

interface SectionProps {
  title: string;
  /** What the figures are, under the title. */
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A part of a page with its own heading, on a panel. */
export const Section = ({ title, lead, actions, children }: SectionProps) => (
  <Box as="section" borderWidth="1px" borderRadius="lg" bg="bg.panel" p={{ base: 3, md: 4 }} minW={0} aria-label={title}>
    <Flex justify="space-between" align="start" gap={3} mb={3} flexWrap="wrap">
      <Box>
        <Heading as="h2" size="md">
          {title}
        </Heading>
        {lead && (
          <Text color="fg.muted" fontSize="sm" maxW="80ch">
            {lead}
          </Text>
        )}
      </Box>
      {actions && <HStack flexWrap="wrap">{actions}</HStack>}
    </Flex>
    {children}
  </Box>
);
