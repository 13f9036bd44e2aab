"""Settlements balance to the last digit, or nothing of them is kept."""

from __future__ import annotations

import pytest
from unit.sellerops.formats.helpers import Read, table

from sellerops.base.errors import CheckFailed

SPEC = table(
    {"settlement_id": {"type": "text", "required": True}, "total": "decimal", "amount": "decimal"},
    primary_key=("settlement_id", "source_line"),
    checks=[{"kind": "header_sum", "group_by": "settlement_id", "total": "total", "amount": "amount"}],
)
HEADER = "settlement-id\ttotal\tamount\n"


def lines(*rows: str) -> bytes:
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


def test_lines_that_add_up_pass() -> None:
    read = Read(
        lines("1\t0,30\t", "1\t\t0,10", "1\t\t0,20", "2\t-5\t", "2\t\t-5,00"),
        SPEC,
        decimal="local",
        countries=("DE",),
    )
    assert len(read.rows) == 5


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (("1\t0.30\t", "1\t\t0.10", "1\t\t0.21"), "sum to 0.31, its header says 0.3"),
        (("1\t\t0.10",), "0 header rows"),
        (("1\t1\t", "1\t1\t", "1\t\t2"), "2 header rows"),
        (("1\t0.3\t", "1\t\t0.1", "1\t\tx", "1\t\t0.2", "1\t\t0.000000000000000001"), "sum to"),
    ],
)
def test_lines_that_do_not_add_up_fail_at_the_end(rows: tuple[str, ...], words: str) -> None:
    with pytest.raises(CheckFailed, match=words):
        Read(lines(*rows), SPEC)


def test_a_rejected_line_fails_the_sum() -> None:
    with pytest.raises(CheckFailed):
        Read(lines("1\t0.3\t", "1\t\t0.1", "1\t\ttwo"), SPEC)


def test_sums_of_any_length_are_exact() -> None:
    big = "12345678901234567890.123456789012345678"
    read = Read(lines(f"1\t{big}\t", f"1\t\t{big}"), SPEC)
    assert len(read.rows) == 2
