"""Optional dependencies of libraries stay out of an import, and only of that."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from support.fresh import run_fresh

from sellerops.base.hidden_packages import hide_packages


def fresh(code: str) -> str:
    """What ``code`` prints in an interpreter of its own."""
    return run_fresh(code).stdout.strip()


def test_a_package_is_not_there_within_the_block_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needless_package.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    found: list[object] = []

    def other_thread() -> None:
        import needless_package  # type: ignore[import-not-found]

        found.append(needless_package)
        del sys.modules["needless_package"]

    with hide_packages("needless_package"):
        with pytest.raises(ModuleNotFoundError):
            import needless_package  # type: ignore[import-not-found]
        thread = threading.Thread(target=other_thread)
        thread.start()
        thread.join()
    import needless_package

    assert len(found) == 1 and needless_package.__name__ == "needless_package"
    del sys.modules["needless_package"]


def test_arrow_works_without_pandas_and_with_it_when_asked_for() -> None:
    code = """
import sys
from sellerops.formats.arrow_without_pandas import avoid_pandas_import
avoid_pandas_import()
import pyarrow as pa, pyarrow.compute as pc, numpy as np
texts = pa.array(["a", "", None])
pc.equal(texts, ""), pa.array(np.arange(3)), pa.scalar("x"), pc.fill_null(texts, "x"), pa.repeat("x", 2)
print("pandas" in sys.modules, end=" ")
frame = pa.table({"a": texts}).to_pandas()
import pandas
print(list(frame.columns), pa.array(pandas.Series([1.0, float("nan")])).null_count)
"""
    assert fresh(code) == "False ['a'] 1"


def test_httpx_comes_without_its_command_line() -> None:
    code = """
import sys
from sellerops.sources.common.http import httpx
print(sorted({"rich", "click", "pygments"} & set(sys.modules)), httpx.URL("https://a.example/b").host)
"""
    assert fresh(code) == "[] a.example"
