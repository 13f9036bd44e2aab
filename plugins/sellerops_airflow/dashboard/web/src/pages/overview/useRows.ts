import { type Answer, useApi, useTable } from "../../components";

type Route = Extract<keyof Paths, `/api/overview/${string}`>;
type Paths = { [P in `/api/overview/${PointName}`]: P };
export type PointName = "yesterday" | "orders" | "broken" | "ads" | "payouts" | "fees" | "owed" | "returns" | "shipments";
export type RowOf<N extends PointName> = Answer<`/api/overview/${N}`> extends { rows: (infer Row)[] } ? Row : never;

/** All rows of a point, asked for once it is open; sorting and paging are in the URL. */
export const useRows = <N extends PointName>(name: N, sort: string, direction: "asc" | "desc", scope: object, open: boolean) => {
  const state = useTable({ name, sort, direction, limit: 25 });
  const query = { ...scope, ...state.query };
  const route = `/api/overview/${name}` as Route & `/api/overview/${N}`;
  const result = useApi(route, { query: query as never, enabled: open });
  return { result, state, query };
};
