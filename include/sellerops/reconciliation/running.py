"""Runs a check: compares its figures, judges each, and stores the results in the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops.base.reader_role import first_line, read_only
from sellerops.base.roles import READER
from sellerops.base.sessions import execute_single
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection
from sellerops.reconciliation.checks import CheckSpec, Tolerance
from sellerops.reconciliation.results import CheckResult, Verdict, forget_missing_tables, store_results
from sellerops.settings.marketplaces import all_marketplaces

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


def run_check(ledger: Ledger, check: CheckSpec, reader: str) -> CheckRun:
    """Compare the days of the check's look-back and store the results.

    ``reader``: conninfo of the read-only role, which runs the check's SQL. If tables do not exist yet, the
    verdict is ``not_yet``. Raises ConfigurationError if the SQL does not match the tables or does more than
    read, and RetryableError if Postgres does not answer.
    """
    now = ledger.clock().now()
    with ledger.connection() as connection:
        missing = _missing_tables(connection, check)
    if missing:
        found = [CheckResult(check.name, Verdict.NOT_YET, evidence={"no_table_yet": missing})]
    else:
        found = [judge(check, row, now) for row in _figures(reader, check, now)]
    with ledger.connection() as connection:
        if not missing:
            forget_missing_tables(connection, check.name)
        store_results(connection, found)
    return CheckRun(check, tuple(found))


def judge(check: CheckSpec, row: dict[str, Any], now: datetime) -> CheckResult:
    """The verdict on one figure. A day's age is counted in the marketplace's time zone, UTC without one."""
    left, right = row["left_value"], row["right_value"]
    place = {name: row.get(name) or "" for name in ("account_id", "marketplace_id", "subject")}
    common: dict[str, Any] = {**place, "day": row["day"], "evidence": row.get("evidence")}
    if left is None or right is None:
        return CheckResult(check.name, Verdict.NOT_YET, left=left, right=right, **common)
    difference = row.get("difference")
    difference = Decimal(left - right) if difference is None else Decimal(difference)
    tolerance = allowed_difference(check.tolerance, Decimal(left), Decimal(right))
    if abs(difference) <= tolerance:
        verdict = Verdict.OK
    else:
        local = now.astimezone(_zone(place["marketplace_id"]))
        age = timedelta(days=(local.date() - row["day"]).days)
        verdict = Verdict.OFF if age > check.holds_after else Verdict.TOO_YOUNG
    return CheckResult(
        check.name, verdict, left=left, right=right, difference=difference, tolerance=tolerance, **common
    )


def allowed_difference(tolerance: Tolerance, left: Decimal, right: Decimal) -> Decimal:
    """How far the two figures may differ."""
    share = Decimal(str(tolerance.relative)) * max(abs(left), abs(right))
    return max(Decimal(str(tolerance.absolute)), share)


def _figures(reader: str, check: CheckSpec, now: datetime) -> list[dict[str, Any]]:
    days = {"first_day": (now - check.look_back).date(), "last_day": now.date()}
    # As a subquery, the check must be one SELECT; anything else is a syntax error.
    statement = sql.SQL("WITH marketplace (code, id, timezone, currency, region) AS (VALUES {}) ").format(
        sql.SQL(", ").join(_marketplace_rows())
    ) + sql.SQL("SELECT * FROM (\n{}\n) AS figures").format(sql.SQL(check.sql.rstrip().removesuffix(";")))
    try:
        with read_only(reader) as connection, connection.cursor(row_factory=dict_row) as cursor:
            # Checks join whole tables, some without statistics yet, for which nested loops take minutes.
            cursor.execute("SET LOCAL enable_nestloop = off")
            execute_single(cursor, statement, days)
            rows: list[dict[str, Any]] = cursor.fetchall()
    except psycopg.errors.InsufficientPrivilege as error:
        raise _refused(
            check, error, f"Grant role {READER} access (docs/first-account.md), or do not use that table."
        ) from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise _refused(check, error, "A check may only read: write one SELECT.") from error
    except psycopg.errors.QueryCanceled as error:
        raise _refused(check, error, "Make the SELECT cheaper, or shorten `look_back`.") from error
    except psycopg.OperationalError as error:
        raise RetryableError(f"Postgres does not answer: {first_line(error)}.", where=check.path) from error
    except psycopg.Error as error:
        raise _refused(
            check, error, "Correct the SQL: one SELECT. The specs list the columns of each table."
        ) from error
    lacking = _NEEDED - set(rows[0] if rows else ())
    if rows and lacking:
        raise ConfigurationError(
            f"its SELECT lacks the columns {', '.join(sorted(lacking))}.", where=check.path
        )
    return rows


def _refused(check: CheckSpec, error: psycopg.Error, remedy: str) -> ConfigurationError:
    return ConfigurationError(
        f"Postgres rejects its SQL: {first_line(error)}.", where=check.path, remedy=remedy
    )


def _marketplace_rows() -> list[sql.Composed]:
    return [
        sql.SQL("({})").format(
            sql.SQL(", ").join(
                sql.Literal(value)
                for value in (each.code, each.id, each.timezone, each.currency, each.region)
            )
        )
        for each in all_marketplaces().values()
    ]


def _missing_tables(connection: Connection, check: CheckSpec) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL", (list(check.inputs),)
    ).fetchall()
    return [row["name"] for row in rows]


def _zone(marketplace_id: str) -> ZoneInfo:
    zones = {each.id: each.zone for each in all_marketplaces().values()}
    return zones.get(marketplace_id, ZoneInfo("UTC"))
