"""Hiding optional dependencies from a library while it is imported, to save their import time."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder


class _Hider(MetaPathFinder):
    """Reports some packages as not installed, within one thread."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._thread = threading.get_ident()

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname in self._names and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is hidden", name=fullname)


@contextmanager
def hide_packages(*names: str) -> Iterator[None]:
    """Make the top-level packages ``names`` look uninstalled, within the block and this thread.

    For optional dependencies that a library can do without. Packages that are already imported stay.
    """
    finder = _Hider(frozenset(names))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
