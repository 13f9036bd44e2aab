import { Box, Button, Link as ChakraLink, Stack, Text } from "@chakra-ui/react";
import { useEffect, useState } from "react";
import { Link, useLocation, useSearchParams } from "react-router-dom";

import { useHubContext } from "../api/context";
import { hubPath } from "../components/Links";
import { scopeOnly } from "../lib/scope";
import { PAGES, type Page } from "./pages";

/** The pages by group: a list at the side, and behind a button on a phone. Links keep the scope. */
export const Navigation = ({ slug }: { slug: string }) => {
  const [open, setOpen] = useState(false);
  const { pathname } = useLocation();
  const owner = useHubContext().data?.user.is_owner ?? false;
  useEffect(() => setOpen(false), [pathname]);
  const pages = PAGES.filter((page) => owner || !page.ownerOnly);
  const title = PAGES.find((page) => page.slug === slug)?.title ?? "Pages";
  return (
    <Box as="nav" aria-label="Seller hub" w={{ base: "full", lg: "11rem" }} flexShrink={0}>
      <Button
        display={{ base: "flex", lg: "none" }} w="full" variant="outline" justifyContent="space-between" aria-expanded={open} aria-controls="hub-pages"
        onClick={() => setOpen(!open)}
      >
        <span>Seller hub · {title}</span>
        <span aria-hidden>{open ? "▴" : "▾"}</span>
      </Button>
      <Stack id="hub-pages" gap={3} mt={{ base: 2, lg: 0 }} display={{ base: open ? "flex" : "none", lg: "flex" }} position={{ lg: "sticky" }} top={{ lg: 0 }}>
        {groups(pages).map(([group, members]) => (
          <Box key={group}>
            <Text fontSize="xs" color="fg.muted" fontWeight="semibold" px={2} mb={1}>
              {group}
            </Text>
            <Stack as="ul" gap={0} listStyleType="none">
              {members.map((page) => (
                <li key={page.slug}>
                  <PageLink page={page} here={page.slug === slug} />
                </li>
              ))}
            </Stack>
          </Box>
        ))}
      </Stack>
    </Box>
  );
};

const PageLink = ({ page, here }: { page: Page; here: boolean }) => {
  const [search] = useSearchParams();
  return (
    <ChakraLink
      asChild display="block" px={2} py={1} borderRadius="md" fontSize="sm" bg={here ? "bg.emphasized" : undefined} fontWeight={here ? "semibold" : "normal"}
      _hover={{ bg: here ? "bg.emphasized" : "bg.muted", textDecoration: "none" }}
    >
      <Link to={hubPath(page.slug, scopeOnly(search))} aria-current={here ? "page" : undefined}>
        {page.title}
      </Link>
    </ChakraLink>
  );
};

const groups = (pages: Page[]): [string, Page[]][] => {
  const found = new Map<string, Page[]>();
  for (const page of pages) found.set(page.group, [...(found.get(page.group) ?? []), page]);
  return [...found];
};
