"""Costs by CSV: all problems at once and nothing changed, or stored and noted for the marts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sellerops.base.errors import InvalidRows
from sellerops.ledger import Ledger
from sellerops.reference.edits import stored_rows, tuples, write_rows
from sellerops.reference.importing import export_csv, import_csv, import_rows
from sellerops.reference.tables import TABLES
from sellerops.settings.config_files import config_dir

COST = TABLES["cost"]
HEADER = "account,marketplace,sku,valid_from,valid_to,manufacturing,freight,currency\n"
Connection = psycopg.Connection[Any]


@pytest.fixture
def connection(ledger: Ledger) -> Iterator[Connection]:
    # Rows are mappings, as on the ledger's own connections.
    conninfo = ledger.database.conninfo
    with psycopg.Connection[Any].connect(conninfo, autocommit=True, row_factory=dict_row) as opened:
        opened.execute("CREATE SCHEMA sellerops_marts")
        opened.execute(
            "CREATE TABLE sellerops_marts.product AS SELECT 'northwind_na' AS account_id, 'NW-1' AS sku"
        )
        opened.execute("INSERT INTO sellerops_marts.product VALUES ('northwind_na', 'NW-2')")
        opened.execute(
            "INSERT INTO sellerops.mart_input VALUES ('some_mart', 'postgres', 'sellerops_reference.cost')"
        )
        yield opened


def _import(connection: Connection, lines: str, **options: Any) -> Any:
    return import_csv(connection, COST, (HEADER + lines).encode(), source="costs.csv", **options)


def _noted(connection: Connection) -> list[tuple[Any, ...]]:
    return tuples(
        connection, "SELECT account_id, first_day, last_day FROM sellerops.table_change ORDER BY id"
    )


def test_every_problem_is_reported_with_its_line_and_nothing_changes(connection: Connection) -> None:
    _import(connection, "northwind_na,,NW-1,2026-01-01,2026-12-31,4,,USD\n")
    before = stored_rows(connection, COST)
    with pytest.raises(InvalidRows) as caught:
        _import(
            connection,
            "northwind_na,,NW-2,2026-01-01,,3.10,,USD\n"
            "northwind_na,,NW_1,2026-01-01,,3.10,,USD\n"
            'northwind_na,,NW-2,2026-02-01,,"3,10",,USD\n'
            "northwind_na,,NW-2,2026-03-01,,3.10,,XYZ\n"
            "northwind_na,XX,NW-2,2026-03-01,,3.10,,USD\n"
            "northwnd_na,,NW-2,2026-03-01,,3.10,,USD\n"
            "northwind_na,,NW-2,2026-01-01,,3.20,,USD\n"
            "northwind_na,,NW-1,2026-06-01,,3.20,,USD\n",
        )
    problems = [
        f"{each['place']}: {each['cause']} {each['remedy']}" for each in caught.value.details["problems"]
    ]
    for expected in (
        "line 3, sku: no report of northwind_na contains the SKU 'NW_1'. Did you mean 'NW-1'?",
        "line 4, manufacturing: '3,10' has a decimal comma.",
        "line 5, currency: there is no exchange rate for 'XYZ'.",
        "line 6, marketplace_id: unknown marketplace 'XX'.",
        "line 7, account_id: unknown account 'northwnd_na'. Did you mean 'northwind_na'?",
        "line 8: repeats line 2",
        "line 9, valid_from: overlaps the stored row",
    ):
        assert any(each.startswith(expected) for each in problems), (expected, problems)
    assert str(caught.value).count("\n") >= len(problems)
    assert stored_rows(connection, COST) == before


def test_a_stored_cost_ends_where_the_next_begins_and_marts_follow_from_there(connection: Connection) -> None:
    _import(connection, "northwind_na,,NW-1,2026-01-01,,4,0.5,USD\nnorthwind_na,US,NW-1,2026-01-01,,5,,USD\n")
    connection.execute("DELETE FROM sellerops.table_change")
    done = _import(connection, "northwind_na,,NW-1,2026-03-01,,4.40,0.5,USD\n")
    assert (done.edit.added, done.edit.changed, done.ended) == (1, 1, 1)
    rows = {(row["marketplace_id"], row["valid_from"]): row for row in stored_rows(connection, COST)}
    assert rows["", date(2026, 1, 1)]["valid_to"] == date(2026, 2, 28)
    assert rows["", date(2026, 3, 1)]["manufacturing"] == Decimal("4.40")
    assert ("ATVPDKIKX0DER", date(2026, 1, 1)) in rows
    assert _noted(connection) == [("northwind_na", date(2026, 1, 1), None)]
    edits = tuples(connection, "SELECT source, added, changed FROM sellerops.reference_edit ORDER BY id DESC")
    assert edits[0] == ("costs.csv", 1, 1)


def test_an_export_imports_as_it_is_and_changes_nothing(connection: Connection) -> None:
    _import(
        connection,
        "northwind_na,,NW-1,2026-01-01,,4,0.5,USD\nnorthwind_na,,NW-2,2026-01-01,2026-05-31,5,,USD\n",
    )
    connection.execute("DELETE FROM sellerops.table_change")
    text = export_csv(COST, stored_rows(connection, COST))
    again = import_csv(connection, COST, text.encode(), source="export", replace=True)
    assert not again.edit.has_changes
    assert _noted(connection) == []


def test_a_check_changes_nothing_and_says_what_it_would(connection: Connection) -> None:
    done = _import(connection, "northwind_na,,NW-1,2026-01-01,,4,,USD\n", check=True)
    assert done.edit.added == 1
    assert stored_rows(connection, COST) == []
    assert _noted(connection) == []


def test_replacing_removes_what_the_file_lacks_of_its_accounts(connection: Connection) -> None:
    _import(connection, "northwind_na,,NW-1,2026-01-01,,4,,USD\n")
    _import(connection, "northwind_eu,,EU-1,2026-01-01,,4,,EUR\n", allow_unknown=True)
    done = _import(connection, "northwind_na,,NW-2,2026-01-01,,4,,USD\n", replace=True)
    assert (done.edit.added, done.edit.removed) == (1, 1)
    assert {row["sku"] for row in stored_rows(connection, COST)} == {"NW-2", "EU-1"}


def test_rows_of_json_are_checked_alike(connection: Connection) -> None:
    row = {
        "account_id": "northwind_na",
        "sku": "NW-1",
        "valid_from": "2026-01-01",
        "manufacturing": 4.5,
        "currency": "USD",
    }
    assert import_rows(connection, COST, [row], source="api").edit.added == 1
    with pytest.raises(InvalidRows, match=r"row 2: unknown column 'price'"):
        import_rows(connection, COST, [row, {**row, "price": 1}], source="api")


def test_only_rows_that_differ_are_written(connection: Connection) -> None:
    table = TABLES["fx_published"]
    row = {
        "day": date(2026, 1, 2),
        "currency": "USD",
        "per_euro": Decimal("1.1"),
        "fetched_at": "2026-01-02T16:00Z",
    }
    assert write_rows(connection, table, [row], source="x").added == 1
    assert not write_rows(connection, table, [row], source="x").has_changes
    assert write_rows(connection, table, [{**row, "per_euro": Decimal("1.2")}], source="x").changed == 1
    assert write_rows(connection, table, [], source="x", replace=True).removed == 1


@pytest.mark.parametrize(("table", "file"), [("cost", "costs.csv"), ("supplier", "suppliers.csv")])
def test_the_samples_are_imported_as_they_are(connection: Connection, table: str, file: str) -> None:
    content = (config_dir().parent / "samples" / "reference" / file).read_bytes()
    done = import_csv(connection, TABLES[table], content, source=file, allow_unknown=True)
    assert done.edit.added == done.rows > 0
