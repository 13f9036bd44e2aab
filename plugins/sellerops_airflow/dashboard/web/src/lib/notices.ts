/** Short messages about what was done, shown by `Notices` in the shell. */

export interface Notice {
  tone: "success" | "error" | "info";
  text: string;
}
interface Shown extends Notice {
  id: number;
}

const SHOWN_FOR = 6000;
let notices: readonly Shown[] = [];
let next = 1;
const listeners = new Set<() => void>();

const change = (to: readonly Shown[]) => {
  notices = to;
  for (const listener of listeners) listener();
};

export const dismiss = (id: number) => change(notices.filter((notice) => notice.id !== id));

/** Show a message. Errors stay until they are closed. */
export const notify = (notice: Notice) => {
  const id = next++;
  change([...notices, { ...notice, id }]);
  if (notice.tone !== "error") setTimeout(() => dismiss(id), SHOWN_FOR);
};

export const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};
export const currentNotices = () => notices;
