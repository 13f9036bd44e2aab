import { Box, Button, Code, Flex, Text } from "@chakra-ui/react";
import { QueryClientProvider, useQueryErrorResetBoundary } from "@tanstack/react-query";
import { ErrorBoundary, type FallbackProps } from "react-error-boundary";
import { useLocation } from "react-router-dom";

import { useHubContext } from "../api/context";
import { makeQueryClient } from "../api/hooks";
import { EmptyState, ErrorState, LoadingState } from "../components/States";
import { Navigation } from "./Navigation";
import { Notices } from "./Notices";
import { PAGES } from "./pages";

// Airflow makes the component anew for each address: what is known outlives it.
const queries = makeQueryClient();

/** The seller hub within Airflow's page. Whatever fails in it stays in it. */
export const Hub = () => (
  <ErrorBoundary FallbackComponent={Failed}>
    <QueryClientProvider client={queries}>
      <Shell />
      <Notices />
    </QueryClientProvider>
  </ErrorBoundary>
);

const slugOf = (pathname: string) => pathname.split("/plugin/hub/")[1]?.split("/")[0] || (PAGES[0]?.slug ?? "");

const Shell = () => {
  const { pathname } = useLocation();
  const slug = slugOf(pathname);
  const { reset } = useQueryErrorResetBoundary();
  return (
    <Flex id="seller-hub" direction={{ base: "column", lg: "row" }} gap={{ base: 4, lg: 6 }} p={{ base: 3, md: 4 }} w="full" minW={0} color="fg">
      <Navigation slug={slug} />
      <Box flex="1" minW={0} maxW="100rem" pb={8}>
        <ErrorBoundary FallbackComponent={Failed} onReset={reset} resetKeys={[pathname]}>
          <CurrentPage slug={slug} />
        </ErrorBoundary>
      </Box>
    </Flex>
  );
};

/** The page waits for the context: without it, it would ask for the wrong days. */
const CurrentPage = ({ slug }: { slug: string }) => {
  const context = useHubContext();
  const page = PAGES.find((each) => each.slug === slug);
  if (!page) return <EmptyState title="Page not found">Choose a page from the list.</EmptyState>;
  if (context.error) return <ErrorState error={context.error} retry={() => void context.refetch()} />;
  if (context.isPending) return <LoadingState lines={6} />;
  const { component: Component } = page;
  return <Component />;
};

const Failed = ({ error, resetErrorBoundary }: FallbackProps) => (
  <EmptyState
    title="This page failed"
    action={
      <Button size="sm" variant="outline" onClick={resetErrorBoundary}>
        Try again
      </Button>
    }
  >
    <Text>The other pages and Airflow's own pages still work. If it fails again, report this message:</Text>
    <Code size="sm">{error instanceof Error ? error.message : String(error)}</Code>
  </EmptyState>
);
