import { CloseButton, Drawer, IconButton, Portal } from "@chakra-ui/react";
import { useState } from "react";

import { WhyTrace } from "./why/WhyTrace";

export interface WhyProps {
  /** Mart and column of the figure, as "profit_day" and "cm2". */
  mart: string;
  column: string;
  /** What picks the rows: columns and their values. */
  keys: Record<string, string | readonly string[]>;
  /** What the figure is called on the page. */
  label: string;
}

/** "Why this number": opens the rows, documents and runs behind a figure. */
export const WhyButton = (why: WhyProps) => {
  const [open, setOpen] = useState(false);
  return (
    <Drawer.Root open={open} onOpenChange={(change) => setOpen(change.open)} size="lg" lazyMount unmountOnExit>
      <Drawer.Trigger asChild>
        <IconButton size="2xs" variant="ghost" aria-label={`Why this number: ${why.label}`} title="Why this number?">
          ?
        </IconButton>
      </Drawer.Trigger>
      <Portal>
        <Drawer.Backdrop />
        <Drawer.Positioner>
          <Drawer.Content>
            <Drawer.Header>
              <Drawer.Title>Why this number: {why.label}</Drawer.Title>
            </Drawer.Header>
            <Drawer.Body>
              <WhyTrace {...why} />
            </Drawer.Body>
            <Drawer.CloseTrigger asChild>
              <CloseButton size="sm" />
            </Drawer.CloseTrigger>
          </Drawer.Content>
        </Drawer.Positioner>
      </Portal>
    </Drawer.Root>
  );
};
