"""docs/promises.md names a test for each promise, and the tests are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/promises.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
SECTIONS = re.findall(r"^## (\d+)\. (.+?)\n(.*?)(?=^#|\Z)", TEXT, re.MULTILINE | re.DOTALL)
ROWS = [
    line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith(("| what ", "| --- "))
]


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_all_nine_are_there() -> None:
    assert [int(number) for number, _, _ in SECTIONS] == list(range(1, 10))


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section[1])
def test_each_promise_has_tests(section: tuple[str, str, str]) -> None:
    assert TEST.search(section[2])


def test_each_row_has_a_test_or_a_benchmark() -> None:
    assert len(ROWS) > 20
    assert [row for row in ROWS if not re.search(r"`(tests|benchmarks)/", row)] == []


def test_every_test_and_benchmark_that_is_named_exists() -> None:
    named = TEST.findall(TEXT)
    assert len(named) > 100
    # A promise cites no helper: pytest would not run it.
    assert [
        f"{path}::{name}"
        for path, name in named
        if not name.startswith("test_") or name not in functions_of(path)
    ] == []
    benchmarks = set(re.findall(r"`(benchmarks/\w+\.py)`", TEXT))
    assert [each for each in benchmarks if not (ROOT / each).is_file()] == []
    assert len(re.findall(r"`(?:tests|benchmarks)/[^`]+`", TEXT)) == len(named) + len(
        re.findall(r"`benchmarks/\w+\.py`", TEXT)
    ), "a test or benchmark is named in another way than the others"
