import { expect, it } from "vitest";

import { errorOf } from "./errors";

it.each([
  [401, {}, "signed-out"],
  [403, { detail: "Only owners may do this." }, "forbidden"],
  [404, { kind: "empty", error: "No figures yet.", remedy: "Switch on the DAGs." }, "empty"],
  [404, { detail: "Not Found" }, "failed"],
  [409, { detail: "It runs already." }, "invalid"],
  [503, { kind: "unavailable", error: "No answer." }, "unavailable"],
  [500, undefined, "failed"],
] as const)("tells %d %o apart as %s", (status, body, kind) => expect(errorOf(status, body).kind).toBe(kind));

it("says what the API said, and what to do", () =>
  expect(errorOf(503, { error: "No answer.", remedy: "Try again.", where: "connection x", kind: "unavailable" })).toMatchObject({
    message: "No answer.", remedy: "Try again.", where: "connection x", status: 503,
  }));

it("names the fields that were refused", () =>
  expect(errorOf(422, { detail: [{ loc: ["query", "limit"], msg: "too large" }, { loc: ["body", "days", "0"], msg: "no day" }] }).message).toBe(
    "limit: too large; days.0: no day",
  ));
