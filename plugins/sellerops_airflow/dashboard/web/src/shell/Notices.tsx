import { Box, CloseButton, HStack, Portal, Stack, Text } from "@chakra-ui/react";
import { useSyncExternalStore } from "react";

import { currentNotices, dismiss, subscribe } from "../lib/notices";

/** Messages about what was done, at the lower edge; read out as they come. */
export const Notices = () => {
  const notices = useSyncExternalStore(subscribe, currentNotices);
  return (
    <Portal>
      <Stack position="fixed" bottom={4} right={4} left={{ base: 4, md: "auto" }} maxW={{ md: "28rem" }} zIndex="toast" aria-live="polite" role="status">
        {notices.map((notice) => (
          <HStack
            key={notice.id} align="start" borderWidth="1px" borderStartWidth="4px" borderRadius="md" bg="bg.panel" shadow="lg" p={3}
            borderColor={notice.tone === "error" ? "border.error" : notice.tone === "success" ? "border.success" : "border.info"}
          >
            <Box flex="1">
              <Text>{notice.text}</Text>
            </Box>
            <CloseButton size="xs" aria-label="Close message" onClick={() => dismiss(notice.id)} />
          </HStack>
        ))}
      </Stack>
    </Portal>
  );
};
