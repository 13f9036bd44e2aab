"""Evaluates alerts: runs their SELECTs, and opens, refreshes and ends alerts according to the results."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sellerops.alerts.specs import SETTINGS, AlertSetting, AlertSettings, AlertSpec, Value, load_alerts
from sellerops.alerts.store import Changes, Found, end_others, note_evaluation, record_found
from sellerops.base.errors import ConfigurationError, RetryableError, SellerOpsError
from sellerops.base.reader_role import first_line, read_only
from sellerops.base.roles import READER
from sellerops.base.sessions import execute_single
from sellerops.ledger import Ledger
from sellerops.settings.accounts import load_accounts

log = logging.getLogger(__name__)
_NEEDED = {"account_id", "marketplace_id", "subject", "summary", "money_per_day", "currency", "evidence"}
# Every alert may join `rate` (to the account's reporting currency) and `earning` (what a SKU earned per day
# (CM1) in the last four weeks; null while a cost or price is unknown).
_COMMON = """
    WITH rate (currency, rate) AS (
        SELECT DISTINCT ON (f.from_currency) f.from_currency, f.rate
        FROM sellerops_reference.fx_rate AS f
        JOIN sellerops_reference.account_setting AS s ON s.reporting_currency = f.to_currency
        WHERE s.account_id = %(account_id)s AND f.day <= %(today)s
        ORDER BY f.from_currency, f.day DESC
    ),
    earning (marketplace_id, sku, currency, money_per_day) AS ({earning})
"""
_EARNING = """
    SELECT p.marketplace_id, p.sku, min(p.currency),
           CASE WHEN count(p.cm1) = count(*) AND count(DISTINCT p.currency) = 1 THEN sum(p.cm1) / 28 END
    FROM sellerops_marts.profit_sku_day AS p
    WHERE p.account_id = %(account_id)s AND p.sku <> ''
      AND p.day BETWEEN %(today)s::date - 28 AND %(today)s::date - 1
    GROUP BY 1, 2
"""
_NO_EARNING = "SELECT NULL::text, NULL::text, NULL::text, NULL::numeric WHERE false"
_PROFIT = "sellerops_marts.profit_sku_day"


@dataclass(frozen=True)
class Evaluation:
    """What one alert found for one account.

    ``changes`` is None if it could not be evaluated; ``reason`` then says why.
    """

    alert: AlertSpec
    account_id: str
    changes: Changes | None
    reason: str = ""
    error: SellerOpsError | None = None


def evaluate_alerts(
    ledger: Ledger, reader: str, alerts: Sequence[AlertSpec] | None = None, *, today: date | None = None
) -> list[Evaluation]:
    """Evaluate ``alerts`` (None: all) for every account, and store the results.

    If an alert's tables do not exist yet, or its SELECT fails, its open alerts stay as they are, and the
    others are evaluated. ``reader``: conninfo of the read-only role. Raises RetryableError if Postgres does
    not answer.
    """
    settings, every = SETTINGS.load(), load_alerts()
    day = today or ledger.clock().now().date()
    done = []
    for alert in every if alerts is None else alerts:
        for account in load_accounts():
            setting = settings.of(alert, account)
            if setting.enabled is not False:
                done.append(_evaluate(ledger, reader, alert, account, setting, day))
    if alerts is None:
        _end_switched_off(ledger, every, settings)
    return done


def _evaluate(
    ledger: Ledger, reader: str, alert: AlertSpec, account: str, setting: AlertSetting, today: date
) -> Evaluation:
    missing = _missing(ledger, alert.tables)
    try:
        if missing:
            reason = f"no table yet: {', '.join(missing)}"
            with ledger.connection() as connection:
                note_evaluation(connection, alert.name, account, None, reason)
            return Evaluation(alert, account, None, reason)
        found = _found(ledger, reader, alert, account, setting, today)
    except RetryableError:
        raise
    except SellerOpsError as error:
        log.error("alert %s of %s was not evaluated: %s", alert.name, account, error)
        with ledger.connection() as connection:
            note_evaluation(connection, alert.name, account, None, error.cause)
        return Evaluation(alert, account, None, error.cause, error)
    with ledger.connection() as connection:
        changes = record_found(connection, alert.name, account, str(setting.severity), found)
    return Evaluation(alert, account, changes)


def _found(
    ledger: Ledger, reader: str, alert: AlertSpec, account: str, setting: AlertSetting, today: date
) -> list[Found]:
    lacking = sorted(set(alert.thresholds) - set(setting.thresholds))
    if lacking:
        raise ConfigurationError(
            f"config/alerts.yaml has no value for {', '.join(lacking)}.",
            where=alert.path,
            remedy=f"Add it under alerts.{alert.name}.thresholds.",
        )
    parameters = {
        **{name: _exact(value) for name, value in setting.thresholds.items()},
        "account_id": account,
        "today": today,
    }
    # As a subquery, the alert can only be a single SELECT; anything else is a syntax error.
    earning = _NO_EARNING if _missing(ledger, [_PROFIT]) else _EARNING
    statement = sql.SQL(
        _COMMON + "SELECT found.*, rate.rate AS to_reporting FROM (\n{alert}\n) AS found "
        "LEFT JOIN rate USING (currency) WHERE account_id = %(account_id)s"
    ).format(earning=sql.SQL(earning), alert=sql.SQL(alert.sql))
    try:
        with read_only(reader) as connection, connection.cursor(row_factory=dict_row) as cursor:
            execute_single(cursor, statement, parameters)
            rows = cursor.fetchall()
    except psycopg.OperationalError as error:
        raise RetryableError(f"Postgres does not answer: {first_line(error)}.", where=alert.path) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise _refused(alert, error, f"Grant role {READER} access, or do not use that table.") from error
    except psycopg.Error as error:
        raise _refused(alert, error, "Correct the SQL: one SELECT over the tables of `inputs`.") from error
    return _unique(alert, [_as_found(alert, row) for row in rows])


def _exact(value: Value) -> Any:
    """A float as Decimal, because Postgres rounds only numeric values to a number of digits."""
    return Decimal(str(value)) if isinstance(value, float) else value


def _as_found(alert: AlertSpec, row: Mapping[str, Any]) -> Found:
    if lacking := _NEEDED - set(row):
        raise ConfigurationError(
            f"its SELECT lacks the columns {', '.join(sorted(lacking))}.",
            where=alert.path,
            remedy="Return them; include/sellerops/alerts/specs.py explains each.",
        )
    money, currency = row["money_per_day"], row["currency"] or ""
    rate = row["to_reporting"]
    return Found(
        marketplace_id=row["marketplace_id"] or "",
        subject=row["subject"] or "",
        summary=row["summary"],
        money_per_day=None if money is None else round(Decimal(money), 2),
        currency=currency,
        rank_money=None if money is None or rate is None else round(Decimal(money) * rate, 2),
        evidence=row["evidence"] or {},
    )


def _unique(alert: AlertSpec, found: list[Found]) -> list[Found]:
    by_key = {(each.marketplace_id, each.subject): each for each in found}
    if len(by_key) < len(found):
        raise ConfigurationError(
            "its SELECT returns a marketplace and subject twice.",
            where=alert.path,
            remedy="Make `subject` tell them apart.",
        )
    return found


def _end_switched_off(ledger: Ledger, every: Sequence[AlertSpec], settings: AlertSettings) -> None:
    on = [
        (alert.name, account)
        for alert in every
        for account in load_accounts()
        if settings.of(alert, account).enabled is not False
    ]
    with ledger.connection() as connection:
        end_others(connection, on)


def _missing(ledger: Ledger, tables: Sequence[str]) -> list[str]:
    with ledger.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL",
            (list(tables),),
        ).fetchall()
    return [row["name"] for row in rows]


def _refused(alert: AlertSpec, error: psycopg.Error, remedy: str) -> ConfigurationError:
    return ConfigurationError(
        f"Postgres rejects its SQL: {first_line(error)}.", where=alert.path, remedy=remedy
    )
