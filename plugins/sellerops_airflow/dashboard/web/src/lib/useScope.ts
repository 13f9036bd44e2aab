import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router-dom";

import { useHubContext } from "../api/context";
import { type Scope, parseScope, withScope } from "./scope";

/** The scope in the URL. `query` are its parameters for the API; `set` changes it. */
export const useScope = () => {
  const [search, setSearch] = useSearchParams();
  const today = useHubContext().data?.today ?? new Date().toISOString().slice(0, 10);
  const scope = useMemo(() => parseScope(search, today), [search, today]);
  const query = useMemo(
    () => ({
      account: scope.accounts,
      marketplace: scope.marketplaces,
      start: scope.start,
      end: scope.end,
      compare: scope.compare,
      currency: scope.currency,
    }),
    [scope],
  );
  const set = useCallback(
    (change: Partial<Scope>) => setSearch((current) => withScope(current, change)),
    [setSearch],
  );
  return { ...scope, query, set };
};

/** One parameter of the page in the URL, as `const [tab, setTab] = useQueryParam("tab", "orders")`. */
export const useQueryParam = (name: string, otherwise = "") => {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (value: string) =>
      setSearch(
        (current) => {
          const next = new URLSearchParams(current);
          if (value === otherwise || value === "") next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    [name, otherwise, setSearch],
  );
  return [search.get(name) ?? otherwise, set] as const;
};
