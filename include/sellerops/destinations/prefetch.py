"""Reads the next batches in a thread while the last one is written."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")
_GLANCE_SECONDS = 0.2


class Prefetch(Generic[Item]):
    """Iterates ``items`` in a thread, at most ``depth`` ahead. A context manager; its exit stops the thread.

    An error of ``items`` is raised in the consumer.
    """

    def __init__(self, items: Iterable[Item], depth: int = 4) -> None:
        self.error: BaseException | None = None
        self._items = items
        self._queue: queue.Queue[tuple[bool, Item | None]] = queue.Queue(depth)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rows-prefetch", daemon=True)

    def __enter__(self) -> Prefetch[Item]:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def __iter__(self) -> Iterator[Item]:
        while True:
            more, item = self._queue.get()
            if not more:
                break
            yield item  # type: ignore[misc]
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put((True, item)):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again in the consumer's thread
            self.error = error
        self._put((False, None))

    def _put(self, entry: tuple[bool, Item | None]) -> bool:
        """Queue an entry; returns False once the consumer has stopped."""
        while not self._stopped.is_set():
            try:
                self._queue.put(entry, timeout=_GLANCE_SECONDS)
            except queue.Full:
                continue
            return True
        return False
