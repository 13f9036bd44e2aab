import { type Answer, useApi } from "./hooks";

/** The user, accounts with their marketplaces, days by the ledger's clock, and which marts exist. */
export type HubContext = Answer<"/api/context">;

export const useHubContext = () => useApi("/api/context");

export interface Marketplace {
  id: string;
  code: string;
  currency: string;
}

/** The marketplaces of some accounts (none: of all), each once. */
export const marketplacesOf = (context: HubContext, accounts: readonly string[]): Marketplace[] => {
  const found = new Map<string, Marketplace>();
  for (const account of context.accounts)
    if (accounts.length === 0 || accounts.includes(account.id)) for (const marketplace of account.marketplaces) found.set(marketplace.id, marketplace);
  return [...found.values()];
};
