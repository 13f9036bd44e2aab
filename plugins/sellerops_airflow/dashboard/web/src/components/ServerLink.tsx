import { Link } from "@chakra-ui/react";
import type { ReactNode } from "react";

/** A link to a page that Airflow serves outside its own router, as `to="sellerops/dags/..."`, in a new tab. */
export const ServerLink = ({ to, children }: { to: string; children: ReactNode }) => (
  <Link href={new URL(to, document.baseURI).href} target="_blank" rel="noreferrer" variant="underline" color="blue.fg">
    {children}
  </Link>
);
