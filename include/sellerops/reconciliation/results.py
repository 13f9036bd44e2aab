"""Verdicts on compared figures, and the table ``check_result`` with the last verdict on each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb

from sellerops.ledger.database import Connection


class Verdict(StrEnum):
    """``not_yet``: one side is not loaded yet; ``too_young``: the figures may still change."""

    OK = "ok"
    OFF = "off"
    NOT_YET = "not_yet"
    TOO_YOUNG = "too_young"


@dataclass(frozen=True)
class CheckResult:
    """One compared figure: of a whole account if ``marketplace_id`` is empty. Without an account, the result
    is that of the whole check.
    """

    check: str
    verdict: Verdict
    account_id: str = ""
    marketplace_id: str = ""
    day: date | None = None
    subject: str = ""
    left: Decimal | None = None
    right: Decimal | None = None
    difference: Decimal | None = None
    tolerance: Decimal | None = None
    evidence: dict[str, Any] | None = None
    checked_at: datetime | None = None


def store_results(connection: Connection, found: list[CheckResult]) -> None:
    """Store the newest verdict of each figure."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO sellerops.check_result (
                check_name, account_id, marketplace_id, day, subject, left_value, right_value, difference,
                tolerance, verdict, evidence
            ) VALUES (
                %(check)s, %(account_id)s, %(marketplace_id)s, %(day)s, %(subject)s, %(left)s, %(right)s,
                %(difference)s, %(tolerance)s, %(verdict)s, %(evidence)s
            )
            ON CONFLICT (check_name, account_id, marketplace_id, day, subject) DO UPDATE
            SET left_value = excluded.left_value, right_value = excluded.right_value,
                difference = excluded.difference, tolerance = excluded.tolerance,
                verdict = excluded.verdict, evidence = excluded.evidence, checked_at = sellerops.now()
            """,
            [
                {**vars(each), "verdict": str(each.verdict), "evidence": Jsonb(each.evidence or {})}
                for each in found
            ],
        )


def forget_missing_tables(connection: Connection, check: str) -> None:
    """Delete the row that says that the check's tables do not exist yet."""
    connection.execute(
        "DELETE FROM sellerops.check_result WHERE check_name = %s AND account_id = '' AND day IS NULL",
        (check,),
    )


def results(
    connection: Connection, *, check: str | None = None, verdict: Verdict | None = None, limit: int = 200
) -> list[CheckResult]:
    """The last result of each figure, by check with newest days first; None means no filter."""
    rows = connection.execute(
        """
        SELECT check_name AS check, verdict, account_id, marketplace_id, day, subject, left_value AS left,
               right_value AS right, difference, tolerance, evidence, checked_at
        FROM sellerops.check_result
        WHERE (%(check)s::text IS NULL OR check_name = %(check)s)
          AND (%(verdict)s::text IS NULL OR verdict = %(verdict)s)
        ORDER BY check_name, day DESC NULLS FIRST, account_id, marketplace_id, subject LIMIT %(limit)s
        """,
        {"check": check, "verdict": verdict and str(verdict), "limit": limit},
    ).fetchall()
    return [CheckResult(**{**row, "verdict": Verdict(row["verdict"])}) for row in rows]
