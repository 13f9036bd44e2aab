import { useMemo } from "react";
import { useSearchParams } from "react-router-dom";

export type Direction = "asc" | "desc";

interface TableDefaults {
  /** Sets its parameters apart where a page has several tables. */
  name?: string;
  sort: string;
  direction?: Direction;
  limit?: number;
}

/** Sorting, paging and search of a table, in the URL. `query` goes to the API beside the scope's. */
export const useTable = ({ name = "", sort, direction = "desc", limit = 50 }: TableDefaults) => {
  const [search, setSearch] = useSearchParams();
  const key = (part: string) => (name ? `${name}.${part}` : part);
  const read = (part: string, otherwise: string) => search.get(key(part)) ?? otherwise;
  const now = {
    sort: read("sort", sort),
    direction: read("direction", direction) as Direction,
    offset: Math.max(0, parseInt(read("offset", "0"), 10) || 0),
    q: read("q", ""),
  };
  const put = (changes: Record<string, string | number>, replace = false) =>
    setSearch(
      (current) => {
        const next = new URLSearchParams(current);
        const normal: Record<string, string> = { sort, direction, offset: "0", q: "" };
        for (const [part, value] of Object.entries(changes))
          if (String(value) === normal[part]) next.delete(key(part));
          else next.set(key(part), String(value));
        return next;
      },
      { replace },
    );
  const query = useMemo(
    () => ({ limit, offset: now.offset, sort: now.sort, direction: now.direction, ...(now.q ? { q: now.q } : {}) }),
    [limit, now.offset, now.sort, now.direction, now.q],
  );
  return {
    ...now,
    limit,
    query,
    /** Sort by a column; by the same one again: the other way round. */
    sortBy: (column: string) =>
      put({ sort: column, direction: now.sort === column && now.direction === "desc" ? "asc" : "desc", offset: 0 }),
    goTo: (offset: number) => put({ offset }),
    find: (q: string) => put({ q, offset: 0 }, true),
  };
};
export type TableState = ReturnType<typeof useTable>;
