"""Arrow without pandas, which it would import for its own questions."""

from __future__ import annotations

import sys
import threading
from functools import cache
from importlib.abc import MetaPathFinder

import pyarrow as pa


class _NoPandas(MetaPathFinder):
    """Says within one thread that pandas is not installed."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError("pandas is not for Arrow to import", name=fullname)


@cache
def keep_pandas_out() -> None:
    """Let Arrow not import pandas to learn whether a value is one of its series.

    pyarrow asks once a process, at the first value that comes from Python; where pandas is installed that
    takes 35 MB and a third of a second. What needs pandas (``to_pandas``) imports it as ever.
    Only for processes whose values are never series: a task's that loads documents.
    """
    if "pandas" in sys.modules:
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        # Without a type: then its Python layer asks, and its C++ layer as well.
        pa.array([])
    finally:
        sys.meta_path.remove(finder)
