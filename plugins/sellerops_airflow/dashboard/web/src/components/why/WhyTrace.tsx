import { EmptyState } from "../States";
import type { WhyProps } from "../WhyButton";

/** The rows behind a figure. */
export const WhyTrace = ({ mart, column }: WhyProps) => <EmptyState title={`${mart}.${column}`} />;
