/** `empty`: not built yet, say what to switch on. `unavailable`: try again. */
export type ErrorKind = "empty" | "unavailable" | "failed" | "forbidden" | "signed-out" | "invalid";

/** An answer of the API other than 2xx, in the words of the API. */
export class HubError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly remedy = "",
    readonly where = "",
    readonly status = 0,
    /** Of a refused write: everything that is wrong with it. */
    readonly problems: readonly { place: string; cause: string; remedy: string }[] = [],
    /** Airflow's page of what is there already. */
    readonly path = "",
  ) {
    super(message);
  }
}

/** Make the error of an answer; `body` is its JSON, if it had any. */
export const errorOf = (status: number, body: unknown): HubError => {
  const told = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = (key: string) => (typeof told[key] === "string" ? (told[key] as string) : "");
  if (status === 401) return new HubError("signed-out", "You are signed out.", "Sign in again.", "", status);
  const said = text("error") || detail(told.detail);
  if (status === 403)
    return new HubError("forbidden", said || "You do not have access to this.", "Ask an owner of this Airflow for access.", "", status);
  if (text("kind") === "empty") return new HubError("empty", said, text("remedy"), text("where"), status);
  if (status === 503) return new HubError("unavailable", said || "The hub is not responding.", text("remedy"), text("where"), status);
  if (status === 400 || status === 409 || status === 415 || status === 422)
    return new HubError("invalid", said || "The request was refused.", text("remedy"), text("where"), status, problemsOf(told.problems), text("path"));
  return new HubError("failed", said || `The hub responded with status ${status}.`, text("remedy"), text("where"), status);
};

const problemsOf = (value: unknown) => (Array.isArray(value) ? (value as HubError["problems"]) : []);

const detail = (value: unknown): string => {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  return value
    .map((item: { loc?: unknown[]; msg?: string }) => [item.loc?.slice(1).join("."), item.msg].filter(Boolean).join(": "))
    .join("; ");
};
