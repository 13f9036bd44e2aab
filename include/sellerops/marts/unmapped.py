"""Lines of settlements and transactions in the marts that no rule maps to a P&L line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg.rows import dict_row

from sellerops.ledger import Ledger
from sellerops.marts.settlement_files import rule_line
from sellerops.settings.mart_tables import MARTS

_SETTLEMENTS, _TRANSACTIONS = "settlement_line", "transaction_line"
_STATEMENTS = {
    _SETTLEMENTS: "SELECT account_id, transaction_type, amount_type, amount_description, currency, "
    "count(*) AS lines, sum(amount) AS amount, min(day) AS first_day, max(day) AS last_day "
    f"FROM {MARTS}.{_SETTLEMENTS} WHERE level = 'UNMAPPED' "
    "AND account_id = coalesce(%(account)s, account_id) GROUP BY 1, 2, 3, 4, 5 "
    "ORDER BY abs(sum(amount)) DESC",
    _TRANSACTIONS: "SELECT account_id, transaction_type, breakdown_type, currency, "
    "count(*) AS lines, sum(amount) AS amount, min(day) AS first_day, max(day) AS last_day "
    f"FROM {MARTS}.{_TRANSACTIONS} WHERE level = 'UNMAPPED' AND is_counted "
    "AND account_id = coalesce(%(account)s, account_id) GROUP BY 1, 2, 3, 4 ORDER BY abs(sum(amount)) DESC",
}


@dataclass(frozen=True)
class UnmappedLine:
    """Lines of one name that no rule fits, with the days on which they were posted."""

    account_id: str
    table: str
    names: tuple[str, ...]
    lines: int
    amount: Decimal
    currency: str
    first_day: date
    last_day: date

    @property
    def is_of_settlements(self) -> bool:
        return self.table == _SETTLEMENTS

    @property
    def rule(self) -> str:
        """The line to add to the rules file, in which the P&L line and level must be filled in."""
        if self.is_of_settlements:
            first, second, third = self.names
            return rule_line((first, second, third))
        return ",".join([*self.names, "", "<P&L line>", "<level>", "own data", ""])


def unmapped_lines(ledger: Ledger, account_id: str | None = None) -> list[UnmappedLine]:
    """Unmapped names of settlements, then of transactions, the largest sums first; of one account or of all.
    Empty until the marts are built in Postgres.
    """
    found: list[UnmappedLine] = []
    with ledger.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        for table, statement in _STATEMENTS.items():
            exists = cursor.execute("SELECT to_regclass(%s) AS made", (f"{MARTS}.{table}",)).fetchone()
            if exists is None or exists["made"] is None:
                continue
            for row in cursor.execute(statement.encode(), {"account": account_id}).fetchall():
                names = tuple(
                    row[name] for name in row if name.startswith(("transaction_", "amount_", "breakdown_"))
                )
                found.append(
                    UnmappedLine(
                        row["account_id"],
                        table,
                        names,
                        row["lines"],
                        row["amount"],
                        row["currency"] or "",
                        row["first_day"],
                        row["last_day"],
                    )
                )
    return found
