import { Link as ChakraLink } from "@chakra-ui/react";
import type { ReactNode } from "react";
import { Link, useSearchParams } from "react-router-dom";

import { scopeOnly } from "../lib/scope";

/** The address of a hub page within Airflow's router, as `hubPath("products/a/b", search)`. */
export const hubPath = (to: string, search?: URLSearchParams) => {
  const query = search?.toString();
  return `/plugin/hub/${to}${query ? `?${query}` : ""}`;
};

interface HubLinkProps {
  /** Page and what follows, as "profit" or "products/my-account/SKU-1" (encode parts yourself). */
  to: string;
  /** Parameters of the page besides the scope, which is carried along. */
  params?: Record<string, string>;
  /** Names the link where its text does not. */
  label?: string;
  children: ReactNode;
}

/** A link to another page of the hub in the same scope. */
export const HubLink = ({ to, params, label, children }: HubLinkProps) => {
  const [search] = useSearchParams();
  const next = scopeOnly(search);
  for (const [name, value] of Object.entries(params ?? {})) next.set(name, value);
  return (
    <ChakraLink asChild display="inline" variant="underline" colorPalette="blue" color="blue.fg" aria-label={label}>
      <Link to={hubPath(to, next)}>{children}</Link>
    </ChakraLink>
  );
};

/** A link to a page of Airflow itself, as `to="dags/marts__money/runs/x"`. */
export const AirflowLink = ({ to, children }: { to: string; children: ReactNode }) => (
  <ChakraLink asChild variant="underline" color="blue.fg">
    <Link to={`/${to}`}>{children}</Link>
  </ChakraLink>
);
