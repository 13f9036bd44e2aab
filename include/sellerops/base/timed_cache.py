"""A cache whose values expire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


class TimedCache:
    """A thread-safe cache that keeps values for ``seconds``. Errors are not cached."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._values: dict[Any, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], _T]) -> _T:
        """The cached value, or a new one from ``make``."""
        with self._lock:
            found = self._values.get(key)
            if found and time.monotonic() < found[0]:
                return cast(_T, found[1])
            value = make()
            self._values[key] = (time.monotonic() + self._seconds, value)
            return value

    def forget(self, key: Any) -> None:
        """Drop the value, so that the next ``get`` makes a new one."""
        with self._lock:
            self._values.pop(key, None)
