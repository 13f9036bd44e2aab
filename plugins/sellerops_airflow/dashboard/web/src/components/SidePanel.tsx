import { CloseButton, Drawer, Portal } from "@chakra-ui/react";
import type { ReactNode } from "react";

interface SidePanelProps {
  title: string;
  /** Open while true; keep what opens it in the URL. */
  open: boolean;
  close: () => void;
  children: ReactNode;
}

/** Details of one thing beside the page that lists it. */
export const SidePanel = ({ title, open, close, children }: SidePanelProps) => (
  <Drawer.Root open={open} onOpenChange={(change) => !change.open && close()} size="md" lazyMount unmountOnExit>
    <Portal>
      <Drawer.Backdrop />
      <Drawer.Positioner>
        <Drawer.Content>
          <Drawer.Header>
            <Drawer.Title>{title}</Drawer.Title>
          </Drawer.Header>
          <Drawer.Body pb={6}>{children}</Drawer.Body>
          <Drawer.CloseTrigger asChild>
            <CloseButton size="sm" />
          </Drawer.CloseTrigger>
        </Drawer.Content>
      </Drawer.Positioner>
    </Portal>
  </Drawer.Root>
);
