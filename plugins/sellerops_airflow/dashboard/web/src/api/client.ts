import createClient from "openapi-fetch";

import type { paths } from "./schema";

export const client = createClient<paths>({
  // Airflow may run below a prefix, so no address starts with a slash.
  baseUrl: new URL("hub", document.baseURI).href,
  // Looked up per call, so that tests can replace it.
  fetch: (request) => globalThis.fetch(request),
});

/** Send a signed-out user to Airflow's login, which brings them back here. */
export const signIn = () => {
  const login = new URL("api/v2/auth/login", document.baseURI);
  login.searchParams.set("next", window.location.href);
  window.location.assign(login.href);
};
