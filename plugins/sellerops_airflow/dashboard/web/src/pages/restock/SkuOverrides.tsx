import { type Answer, Section } from "../../components";
import { OverrideTable } from "./Overrides";

/** Quantities that were ever set for a SKU. Nothing if none was. */
export const SkuOverrides = ({ rows }: { rows: Answer<"/api/restock/sku">["overrides"] }) =>
  rows.length === 0 ? null : (
    <Section title="Quantities set by people" lead="Including those that have ended; they are never deleted.">
      <OverrideTable rows={rows} />
    </Section>
  );
