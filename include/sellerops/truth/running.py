"""Running a check: its figures compared, each with a verdict, kept in the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from sellerops.errors import ConfigurationError
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection
from sellerops.marketplaces import all_marketplaces
from sellerops.truth.checks import CheckSpec, Tolerance
from sellerops.truth.results import CheckResult, Verdict, forget_missing_tables, store

_NEEDED = {"account_id", "marketplace_id", "day", "left_value", "right_value"}


@dataclass(frozen=True)
class CheckRun:
    """What one run of a check found."""

    check: CheckSpec
    results: tuple[CheckResult, ...]

    @property
    def off(self) -> list[CheckResult]:
        return [each for each in self.results if each.verdict is Verdict.OFF]

    @property
    def counts(self) -> dict[str, int]:
        """How many figures got each verdict."""
        found = Counter(str(each.verdict) for each in self.results)
        return {verdict.value: found[verdict.value] for verdict in Verdict}


def run_check(ledger: Ledger, check: CheckSpec) -> CheckRun:
    """Compare the days of the check's look-back and keep what is found.

    Tables that are not there yet are no error: the verdict is ``not_yet``. Raises ConfigurationError when the
    SQL does not fit the tables.
    """
    now = ledger.clock().now()
    with ledger.connection() as connection:
        missing = _missing_tables(connection, check)
        if missing:
            found = [CheckResult(check.name, Verdict.NOT_YET, evidence={"no_table_yet": missing})]
        else:
            forget_missing_tables(connection, check.name)
            found = [judge(check, row, now) for row in _figures(connection, check, now)]
        store(connection, found)
    return CheckRun(check, tuple(found))


def judge(check: CheckSpec, row: dict[str, Any], now: datetime) -> CheckResult:
    """The verdict on one figure: age is counted from the end of the day, by the shop's clock."""
    left, right = row["left_value"], row["right_value"]
    place = {name: row.get(name) or "" for name in ("account_id", "marketplace_id", "subject")}
    common: dict[str, Any] = {**place, "day": row["day"], "evidence": row.get("evidence")}
    if left is None or right is None:
        return CheckResult(check.name, Verdict.NOT_YET, left=left, right=right, **common)
    difference = row.get("difference")
    difference = Decimal(left - right) if difference is None else Decimal(difference)
    tolerance = allowed(check.tolerance, Decimal(left), Decimal(right))
    if abs(difference) <= tolerance:
        verdict = Verdict.OK
    else:
        local = now.astimezone(_zone(place["marketplace_id"]))
        age = timedelta(days=(local.date() - row["day"]).days)
        verdict = Verdict.OFF if age > check.holds_after else Verdict.TOO_YOUNG
    return CheckResult(
        check.name, verdict, left=left, right=right, difference=difference, tolerance=tolerance, **common
    )


def allowed(tolerance: Tolerance, left: Decimal, right: Decimal) -> Decimal:
    """How far the two may be apart."""
    share = Decimal(str(tolerance.relative)) * max(abs(left), abs(right))
    return max(Decimal(str(tolerance.absolute)), share)


def _figures(connection: Connection, check: CheckSpec, now: datetime) -> list[dict[str, Any]]:
    connection.execute(
        "CREATE TEMP TABLE marketplace (code text, id text, timezone text, currency text, region text) "
        "ON COMMIT DROP"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO marketplace VALUES (%s, %s, %s, %s, %s)",
            [
                (shop.code, shop.id, shop.timezone, shop.currency, shop.region)
                for shop in all_marketplaces().values()
            ],
        )
    # Whole tables are joined, freshly loaded ones without statistics too: a nested loop takes minutes there.
    connection.execute("SET LOCAL enable_nestloop = off")
    days = {"first_day": (now - check.look_back).date(), "last_day": now.date()}
    try:
        rows: list[dict[str, Any]] = connection.execute(check.sql.encode(), days).fetchall()
    except psycopg.ProgrammingError as error:
        raise ConfigurationError(
            f"Postgres does not take its SQL: {str(error).splitlines()[0]}.",
            where=check.path,
            remedy="Correct the SQL; the columns of the tables stand in the reports' specs.",
        ) from error
    lacking = {"account_id", "marketplace_id", "day", "left_value", "right_value"} - set(
        rows[0] if rows else ()
    )
    if rows and lacking:
        raise ConfigurationError(f"its SELECT gives no {', '.join(sorted(lacking))}.", where=check.path)
    return rows


def _missing_tables(connection: Connection, check: CheckSpec) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL", (list(check.inputs),)
    ).fetchall()
    return [row["name"] for row in rows]


def _zone(marketplace_id: str) -> ZoneInfo:
    zones = {shop.id: shop.zone for shop in all_marketplaces().values()}
    return zones.get(marketplace_id, ZoneInfo("UTC"))
