"""Parts of the BigQuery destination that need no BigQuery: days as partitions, cells as Postgres has them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sellerops.destinations.bigquery.bounds import Bounds
from sellerops.destinations.bigquery.history import as_object, as_text
from sellerops.destinations.bigquery.shape import BigQueryShape
from sellerops.destinations.bigquery.staging import Parts
from sellerops.destinations.bigquery.statements import Statements
from sellerops.settings.specs import load_spec


def test_local_days_lie_in_the_utc_days_they_touch() -> None:
    days = [date(2026, 11, 1), date(2026, 11, 2)]  # the first has 25 hours in New York
    assert Bounds.of_days(days, "America/New_York", is_instant=True) == Bounds(days[0], date(2026, 11, 3))
    assert Bounds.of_days(days, "Asia/Tokyo", is_instant=True) == Bounds(date(2026, 10, 31), days[1])
    assert Bounds.of_days(days, "Asia/Tokyo", is_instant=False) == Bounds(*days)


def test_joined_bounds_hold_both() -> None:
    one, other = (
        Bounds(date(2026, 1, 2), date(2026, 1, 3)),
        Bounds(date(2026, 1, 1), date(2026, 1, 2), or_none=True),
    )
    assert one.joined(other) == Bounds(date(2026, 1, 1), date(2026, 1, 3), or_none=True)


def test_a_partitioned_table_is_never_read_without_bounds() -> None:
    shape = BigQueryShape(load_spec("all_orders"), "all_orders")
    statements = Statements(shape, "p.d.t", "s", "r", shape.types, frozenset(), {}, "UTC")
    with pytest.raises(AssertionError, match="between days"):
        statements.rows(None)


def test_cells_are_written_as_postgres_writes_them() -> None:
    moment = datetime(2026, 11, 20, 1, 2, 3, 500000, tzinfo=UTC)
    cells = [True, 7, Decimal("12.5000"), Decimal(100), date(2026, 11, 20), moment, None, "x"]
    assert [as_text(each) for each in cells] == [
        "true", "7", "12.5", "100", "2026-11-20", "2026-11-20 01:02:03.5+00", None, "x",
    ]  # fmt: skip
    row = {"longer": Decimal("0.10"), "b": 'say "no"', "a": moment, "none": None}
    assert as_object(row) == '{"a": "2026-11-20T01:02:03.5+00:00", "b": "say \\"no\\"", "longer": 0.1}'


def test_a_column_that_comes_up_later_begins_a_file_and_personal_ones_are_left_out(tmp_path: Path) -> None:
    parts = Parts(tmp_path, frozenset({"mail"}))
    first = pa.record_batch({"n": pa.array([Decimal("1.5")], pa.decimal128(38, 18)), "mail": ["a@b"]})
    later = pa.record_batch(
        {"n": pa.array([Decimal("0.0123456789")], pa.decimal128(38, 18)), "mail": ["c@d"], "new": ["x"]}
    )
    parts.write(first.schema, [first, first, later])
    assert (parts.rows, len(parts.files), parts.wide) == (3, 2, {"n"})
    assert [pq.read_table(path).column_names for path in parts.files] == [["n"], ["n", "new"]]
    assert [each.name for each in parts.fields()] == ["n", "new"]
