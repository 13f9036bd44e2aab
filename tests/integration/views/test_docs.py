"""The examples of docs/tables.md run as they are printed, as the role that only reads."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
from integration.destinations.stores import PostgresStore
from integration.views.test_starter_views import sales, stock

from sellerops.ledger import Ledger
from sellerops.views import starter_views

TEXT = (Path(__file__).parents[3] / "docs" / "tables.md").read_text(encoding="utf-8")
EXAMPLES = [
    statement.strip()
    for block in re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
    for statement in block.split(";")
    if statement.strip()
]


def test_the_examples_run(conninfo: str, reader: str, ledger: Ledger) -> None:
    store = PostgresStore(conninfo)
    sales("2026-11-18", units=40).load_into(store.destination)
    stock("US", 5, ledger.clock().now()).load_into(store.destination)
    assert len(EXAMPLES) >= 6
    found = {}
    with psycopg.connect(reader, autocommit=True) as connection:
        for statement in EXAMPLES:
            found[statement] = connection.execute(statement.encode()).fetchall()
    (of_the_week,) = [rows for statement, rows in found.items() if "GROUP BY marketplace" in statement]
    assert [(row[0], row[2]) for row in of_the_week] == [("US", 40)]
    (joined,) = [rows for statement, rows in found.items() if "JOIN sellerops.marketplace" in statement]
    assert [row[0] for row in joined] == ["US"]


def test_every_view_is_listed() -> None:
    for view in starter_views():
        assert f"| `{view.name}` |" in TEXT
