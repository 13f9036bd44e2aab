import { QueryClient, keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { notify } from "../lib/notices";
import { client, signIn } from "./client";
import { HubError, errorOf } from "./errors";
import type { paths } from "./schema";

type Method = "get" | "post" | "put" | "delete";
type PathsWith<M extends Method> = { [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never }[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P][M];
type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : undefined;
type Succeeded<R> = R extends { 200: infer A } ? Json<A> : R extends { 201: infer B } ? Json<B> : undefined;

/** What a route answers, as `Answer<"/api/profit/days">`. */
export type Answer<P extends keyof paths, M extends Method = "get"> =
  Operation<P, M> extends { responses: infer R } ? Succeeded<R> : never;
export type Query<P extends keyof paths, M extends Method = "get"> =
  Operation<P, M> extends { parameters: { query?: infer Q } } ? Q : never;
export type PathValues<P extends keyof paths, M extends Method = "get"> =
  Operation<P, M> extends { parameters: { path: infer V } } ? V : never;
export type Body<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody?: { content: { "application/json": infer B } } } ? B : never;

interface ReadOptions<P extends keyof paths> {
  query?: Query<P>;
  path?: PathValues<P>;
  /** False: do not ask yet. */
  enabled?: boolean;
  /** Ask again every so many milliseconds, as while a run goes on. */
  refetchInterval?: number | false;
}

const STALE_AFTER = 60_000;

export const makeQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_AFTER,
        refetchOnWindowFocus: true,
        retry: (count, error) => error instanceof HubError && error.kind === "unavailable" && count < 1,
      },
    },
  });

/** Read a route of the API. While a new scope loads, `data` stays the former one (`isPlaceholderData`). */
export const useApi = <P extends PathsWith<"get">>(path: P, options: ReadOptions<P> = {}) =>
  useQuery<Answer<P>, HubError>({
    queryKey: [path, options.path ?? null, options.query ?? null],
    queryFn: ({ signal }) => call<Answer<P>>("get", path, { query: options.query, path: options.path }, undefined, signal),
    enabled: options.enabled ?? true,
    refetchInterval: options.refetchInterval ?? false,
    placeholderData: keepPreviousData,
  });

interface WriteOptions {
  /** Beginnings of the routes whose figures change, as `"/api/alerts"`; read again afterwards. */
  invalidates?: string[];
  /** Told when it worked. */
  done?: string;
}

/** Write through the API: `const save = useWrite("put", "/api/settings", {...}); save.mutate({ body })`. Errors are told. */
export const useWrite = <M extends "post" | "put" | "delete", P extends PathsWith<M>>(
  method: M,
  path: P,
  options: WriteOptions = {},
) => {
  const queries = useQueryClient();
  return useMutation<Answer<P, M>, HubError, { body?: Body<P, M>; path?: PathValues<P, M>; query?: Query<P, M> }>({
    mutationFn: (sent) => call<Answer<P, M>>(method, path, { query: sent.query, path: sent.path }, sent.body ?? {}),
    onSuccess: async () => {
      if (options.done) notify({ tone: "success", text: options.done });
      const begins = options.invalidates ?? [];
      await queries.invalidateQueries({
        predicate: ({ queryKey }) => begins.some((begin) => String(queryKey[0]).startsWith(begin)),
      });
    },
    onError: (error) => notify({ tone: "error", text: [error.message, error.remedy].filter(Boolean).join(" ") }),
  });
};

interface Parameters {
  query?: unknown;
  path?: unknown;
}

type Caller = (method: string, path: string, init: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>;

const call = async <T>(method: string, path: string, params: Parameters, body?: unknown, signal?: AbortSignal): Promise<T> => {
  const ask = client.request as unknown as Caller;
  let answer: Awaited<ReturnType<Caller>>;
  try {
    answer = await ask(method, path, { params, body, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new HubError("unavailable", "Airflow is not responding.", "Check your network connection, then try again.");
  }
  if (answer.response.ok) return (answer.data ?? null) as T;
  const error = errorOf(answer.response.status, answer.error);
  if (error.kind === "signed-out") signIn();
  throw error;
};

/** The address of a route's CSV, for a link: all pages of exactly what is shown. */
export const csvAddress = (path: string, query: object) => {
  const address = new URL(`hub${path}`, document.baseURI);
  for (const [key, value] of Object.entries({ ...query, format: "csv", limit: undefined, offset: undefined }))
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== null && each !== "") address.searchParams.append(key, String(each));
  return address.href;
};
