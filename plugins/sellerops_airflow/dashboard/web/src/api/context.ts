import { type Answer, useApi } from "./hooks";

/** The user, accounts with their marketplaces, days by the ledger's clock, and which marts exist. */
export type HubContext = Answer<"/api/context">;

export const useHubContext = () => useApi("/api/context");

export interface Shop {
  id: string;
  code: string;
  currency: string;
}

/** The marketplaces of some accounts (none: of all), each once. */
export const shopsOf = (context: HubContext, accounts: readonly string[]): Shop[] => {
  const found = new Map<string, Shop>();
  for (const account of context.accounts)
    if (accounts.length === 0 || accounts.includes(account.id)) for (const shop of account.marketplaces) found.set(shop.id, shop);
  return [...found.values()];
};
