"""Imports without what a library would import besides, if it is installed, for something we do not use."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder


class _NotThere(MetaPathFinder):
    """Says within one thread that some packages are not installed."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._thread = threading.get_ident()

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname in self._names and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is left out", name=fullname)


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Within the block and this thread the top-level packages ``names`` count as not installed.

    For optional dependencies of a library, which it does without; those imported already stay. Afterwards
    they are imported as ever.
    """
    finder = _NotThere(frozenset(names))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
