"""Keeps pyarrow from importing pandas for a type check."""

from __future__ import annotations

import sys
from functools import cache

import pyarrow as pa

from sellerops.base.hidden_packages import hide_packages


@cache
def avoid_pandas_import() -> None:
    """Keep pyarrow from importing pandas to check whether a value is a pandas series.

    pyarrow checks once per process, at the first value that comes from Python; with pandas installed this
    costs 35 MB and a third of a second. What needs pandas (``to_pandas``) still imports it. Use this only in
    processes whose values are never series: those that load documents.
    """
    if "pandas" in sys.modules:
        return
    with hide_packages("pandas"):
        # Without a type, so that both pyarrow's Python and its C++ layer make the check now.
        pa.array([])
