import { Box, Button, Code, Heading, HStack, Skeleton, Stack, Text } from "@chakra-ui/react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { signIn } from "../api/client";
import type { HubError } from "../api/errors";

interface StateProps {
  title: string;
  /** What to do next. */
  children?: ReactNode;
  action?: ReactNode;
}

const Panel = ({ title, children, action, role }: StateProps & { role?: string }) => (
  <Box borderWidth="1px" borderStyle="dashed" borderRadius="md" bg="bg.subtle" p={{ base: 4, md: 6 }} role={role}>
    <Stack gap={2} maxW="60ch">
      <Heading as="h3" size="sm">
        {title}
      </Heading>
      {children && <Box color="fg.muted">{children}</Box>}
      {action && <HStack mt={1}>{action}</HStack>}
    </Stack>
  </Box>
);

/** Nothing to show yet: say why and what to switch on or do. */
export const EmptyState = (props: StateProps) => <Panel {...props} />;

/** Grey shapes where `lines` lines will be. */
export const LoadingState = ({ lines = 4, height = "5" }: { lines?: number; height?: string }) => (
  <Stack gap={2} aria-busy="true" role="status" aria-label="Loading">
    {Array.from({ length: lines }, (_, index) => (
      <Skeleton key={index} height={height} width={index % 3 === 2 ? "70%" : "100%"} />
    ))}
  </Stack>
);

const TITLES: Record<HubError["kind"], string> = {
  empty: "Nothing here yet",
  unavailable: "The hub's database does not answer",
  failed: "This could not be loaded",
  forbidden: "You may not see this",
  "signed-out": "You are signed out",
  invalid: "The hub did not accept this request",
};

/** What went wrong and what to do, in the words of the API. Airflow's own pages go on working. */
export const ErrorState = ({ error, retry }: { error: HubError; retry?: () => void }) => {
  const can = error.kind === "unavailable" || error.kind === "failed";
  const action =
    error.kind === "signed-out" ? (
      <Button size="sm" onClick={signIn}>
        Sign in
      </Button>
    ) : can && retry ? (
      <Button size="sm" variant="outline" onClick={retry}>
        Try again
      </Button>
    ) : undefined;
  return (
    <Panel title={TITLES[error.kind] ?? TITLES.failed} action={action} role={error.kind === "empty" ? undefined : "alert"}>
      <Text>{error.message}</Text>
      {error.remedy && <Text>{error.remedy}</Text>}
      {error.where && <Code size="sm">{error.where}</Code>}
    </Panel>
  );
};

interface LoadedProps<T> {
  result: UseQueryResult<T, HubError>;
  children: (data: T) => ReactNode;
  /** Instead of grey lines while loading. */
  loading?: ReactNode;
  /** What to show instead where `isEmpty` says there is nothing. */
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
}

/** Shows the data of `useApi`, or that it is loading, failed, or empty. New figures fade in over former ones. */
export const Loaded = <T,>({ result, children, loading, empty, isEmpty }: LoadedProps<T>) => {
  if (result.error) return <ErrorState error={result.error} retry={() => void result.refetch()} />;
  if (result.data === undefined) return loading ?? <LoadingState />;
  if (empty && (isEmpty ? isEmpty(result.data) : Array.isArray(result.data) && result.data.length === 0)) return empty;
  return (
    <Stack gap={4} minW={0} opacity={result.isPlaceholderData ? 0.55 : 1} transition="opacity 0.15s" aria-busy={result.isPlaceholderData}>
      {children(result.data)}
    </Stack>
  );
};
