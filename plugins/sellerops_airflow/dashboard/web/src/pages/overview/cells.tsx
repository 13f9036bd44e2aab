import { Stack, Text } from "@chakra-ui/react";

import { type Column, HubLink, Money, Units } from "../../components";

/** The SKU, linked to its story, with its title. */
export const Sku = ({ account, sku, title }: { account: string; sku: string; title?: string | null }) =>
  sku ? (
    <Stack gap={0}>
      <HubLink to={`products/${encodeURIComponent(account)}/${encodeURIComponent(sku)}`}>{sku}</HubLink>
      {title && (
        <Text fontSize="xs" color="fg.muted" maxW="18rem" truncate>
          {title}
        </Text>
      )}
    </Stack>
  ) : (
    <>—</>
  );

/** A column of amounts in the row's currency. */
export const moneyColumn = <Row extends { currency: string }, Key extends string & keyof Row>(
  key: Key,
  header: string,
  help?: string,
): Column<Row> => {
  const cell = (row: Row) => <Money value={row[key] as string | null} currency={row.currency} />;
  return { key, header, help, align: "end", cell, total: cell };
};

export const unitsColumn = <Row, Key extends string & keyof Row>(key: Key, header: string, help?: string): Column<Row> => {
  const cell = (row: Row) => <Units value={row[key] as string | number | null} />;
  return { key, header, help, align: "end", cell, total: cell };
};
