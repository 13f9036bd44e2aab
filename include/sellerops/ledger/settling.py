"""How long a table's figures keep changing: measured from its rows, and stored for the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from sellerops.ledger.database import Connection

# Stored instead of an account's id.
ALL_ACCOUNTS = ""


@dataclass(frozen=True)
class AgeFigure:
    """How many of a table's figures still changed after an age.

    ``days``: days that were loaded at an age of at most ``age`` days and again later; ``cells``: their cells;
    ``moved``: the cells that changed later.
    """

    age: int
    days: int
    cells: int
    moved: int

    @property
    def percent(self) -> float:
        """Percentage of the cells that did not change later."""
        return 100.0 * (1 - self.moved / self.cells) if self.cells else 0.0


def settling_figures(
    connection: Connection,
    table: str,
    day_column: str,
    *,
    cells_per_row: int,
    is_merge: bool,
    account_id: str | None,
) -> list[AgeFigure]:
    """The figures of one table by age, youngest first; empty without a table or a day loaded twice."""
    with connection.cursor(row_factory=class_row(AgeFigure)) as cursor:
        return cursor.execute(
            "SELECT age_days AS age, days, cells, moved "
            "FROM sellerops.finality(%s::text, %s::text, %s::integer, %s::boolean, %s::text)",
            (table, day_column, cells_per_row, is_merge, account_id),
        ).fetchall()


def loaded_accounts(connection: Connection, table: str) -> list[str]:
    """Ids of the accounts with loads of a table."""
    rows = connection.execute(
        "SELECT DISTINCT account_id FROM sellerops.load WHERE table_name = %s ORDER BY 1", (table,)
    ).fetchall()
    return [row["account_id"] for row in rows]


def replace_settling_figures(
    connection: Connection, table: str, by_account: Mapping[str, Sequence[AgeFigure]]
) -> None:
    """Store a table's figures by account (``ALL_ACCOUNTS``: all together), as measured now."""
    # First, so that another process that measures the same table waits here.
    connection.execute(
        "INSERT INTO sellerops.settling_measurement (table_name, measured_at) VALUES (%s, sellerops.now()) "
        "ON CONFLICT (table_name) DO UPDATE SET measured_at = excluded.measured_at",
        (table,),
    )
    connection.execute("DELETE FROM sellerops.settling_figure WHERE table_name = %s", (table,))
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sellerops.settling_figure (table_name, account_id, age_days, days, cells, moved) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (table, account_id, each.age, each.days, each.cells, each.moved)
                for account_id, figures in by_account.items()
                for each in figures
            ],
        )
