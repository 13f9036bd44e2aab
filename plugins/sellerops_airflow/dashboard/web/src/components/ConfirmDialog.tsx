import { Button, CloseButton, Dialog, Portal } from "@chakra-ui/react";
import { type ReactNode, useState } from "react";

interface ConfirmDialogProps {
  /** The button that asks. */
  trigger: ReactNode;
  title: string;
  /** What will happen, to what; may hold form fields. */
  children: ReactNode;
  /** What the button says, as "Delete 3 rows". */
  confirm: string;
  danger?: boolean;
  disabled?: boolean;
  /** The dialog stays open while this runs, and if it fails. */
  onConfirm: () => Promise<unknown> | void;
}

/** Asks before something is changed. */
export const ConfirmDialog = ({ trigger, title, children, confirm, danger, disabled, onConfirm }: ConfirmDialogProps) => {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    try {
      await onConfirm();
      setOpen(false);
    } catch {
      // useWrite has told the error.
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog.Root open={open} onOpenChange={(change) => setOpen(change.open)} role={danger ? "alertdialog" : "dialog"} lazyMount unmountOnExit>
      <Dialog.Trigger asChild>{trigger}</Dialog.Trigger>
      <Portal>
        <Dialog.Backdrop />
        <Dialog.Positioner>
          <Dialog.Content>
            <Dialog.Header>
              <Dialog.Title>{title}</Dialog.Title>
            </Dialog.Header>
            <Dialog.Body>{children}</Dialog.Body>
            <Dialog.Footer>
              <Dialog.ActionTrigger asChild>
                <Button variant="outline">Cancel</Button>
              </Dialog.ActionTrigger>
              <Button colorPalette={danger ? "red" : "blue"} onClick={() => void go()} loading={busy} disabled={disabled}>
                {confirm}
              </Button>
            </Dialog.Footer>
            <Dialog.CloseTrigger asChild>
              <CloseButton size="sm" />
            </Dialog.CloseTrigger>
          </Dialog.Content>
        </Dialog.Positioner>
      </Portal>
    </Dialog.Root>
  );
};
