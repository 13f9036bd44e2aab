import { Box, List, Text } from "@chakra-ui/react";

import type { HubError } from "../api/errors";
import { AirflowLink } from "./Links";

/** Everything that a refused write says is wrong with it. Nothing without an error. */
export const Problems = ({ error }: { error: HubError | null }) => {
  if (!error) return null;
  return (
    <Box role="alert" borderWidth="1px" borderColor="red.muted" bg="red.subtle" borderRadius="md" p={3} fontSize="sm">
      <Text fontWeight="medium">{error.message}</Text>
      {error.problems.length > 0 ? (
        <List.Root ps={4}>
          {error.problems.map((each, index) => (
            <List.Item key={index}>
              {each.place}: {each.cause} {each.remedy}
            </List.Item>
          ))}
        </List.Root>
      ) : (
        <Text>
          {error.remedy} {error.path && <AirflowLink to={error.path}>Open the run</AirflowLink>}
        </Text>
      )}
    </Box>
  );
};
