import { Box, Heading } from "@chakra-ui/react";

export const Hub = () => (
  <Box p={4}>
    <Heading>Seller hub</Heading>
  </Box>
);
