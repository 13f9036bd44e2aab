import type { UseQueryResult } from "@tanstack/react-query";

import type { HubError } from "./client";
import { useApi } from "./hooks";

/** What every page needs to know before it asks for figures: `GET /hub/api/context`. Days are ISO, by the ledger's clock. */
export interface HubContext {
  user: string;
  is_owner: boolean;
  /** Whether costs and profit are shown to this user. */
  sees_costs: boolean;
  today: string;
  yesterday: string;
  accounts: { account_id: string; name: string; reporting_currency: string }[];
  marketplaces: { marketplace_id: string; code: string; name: string; currency: string; account_ids: string[] }[];
  /** Names of the marts that have been built, as `profit_day`. */
  marts: string[];
}

export const useHubContext = () => useApi("/api/context" as never) as unknown as UseQueryResult<HubContext, HubError>;
