"""Arrow without pandas, which it would import for its own questions."""

from __future__ import annotations

import sys
from functools import cache

import pyarrow as pa

from sellerops.base.left_out import left_out


@cache
def avoid_pandas_import() -> None:
    """Let Arrow not import pandas to learn whether a value is one of its series.

    pyarrow asks once a process, at the first value that comes from Python; where pandas is installed that
    takes 35 MB and a third of a second. What needs pandas (``to_pandas``) imports it as ever. Only for
    processes whose values are never series: those that load documents.
    """
    if "pandas" in sys.modules:
        return
    with left_out("pandas"):
        # Without a type: then its Python layer asks, and its C++ layer as well.
        pa.array([])
