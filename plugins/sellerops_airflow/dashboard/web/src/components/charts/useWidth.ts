import { useCallback, useRef, useState } from "react";

/** The width in pixels of the element that gets `ref`; `otherwise` until it is known. */
export const useWidth = (otherwise: number) => {
  const [width, setWidth] = useState(otherwise);
  const watcher = useRef<ResizeObserver | null>(null);
  const ref = useCallback((element: HTMLElement | null) => {
    watcher.current?.disconnect();
    if (!element || typeof ResizeObserver === "undefined") return;
    watcher.current = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(Math.round(entry.contentRect.width));
    });
    watcher.current.observe(element);
  }, []);
  return [ref, width] as const;
};
