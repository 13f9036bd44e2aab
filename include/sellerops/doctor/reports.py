"""Whether data arrives: days that are late or about to expire at Amazon, and accounts without new data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg

from sellerops.doctor.finding import Finding, State
from sellerops.doctor.installation import Installation
from sellerops.ledger.clocks import read_clock
from sellerops.ledger.warnings import DayWarning, WarningKind, open_warnings
from sellerops.settings.accounts import load_accounts

NAME = "reports"
# Daily reports are loaded every 24 hours, and one may come two hours later than the day before.
SILENT_AFTER = timedelta(hours=26)
_STOPPED_AFTER = timedelta(days=30)
_MOST = 10
_GAPS = "Run `sellerops gaps` to see the days and why; clear their tasks, or start a run for them."


def examine_reports(installation: Installation) -> Iterator[Finding]:
    """Late and expiring days by report and account, then accounts without a load for ``SILENT_AFTER``.

    With the virtual clock of a local Amazon, accounts are not watched, because Airflow schedules runs in real
    time.
    """
    with installation.reading() as connection:
        warned = open_warnings(connection)
        clock = read_clock(connection)
        silent = None if clock.is_virtual else _silent_accounts(connection, clock.now())
    yield from _warnings(warned)
    if silent is not None:
        yield from _silence(silent)
    if not warned and not silent:
        yield Finding(NAME, State.OK, "No report is late.")


def _warnings(warned: list[DayWarning]) -> Iterator[Finding]:
    for each in warned[:_MOST]:
        days = "1 day" if len(each.slices) == 1 else f"{len(each.slices)} days"
        place = f"{each.report}, account {each.account_id}: {days}"
        if each.kind is WarningKind.EXPIRING:
            what = f"{place} not loaded and about to expire at Amazon."
        else:
            what = f"{place} late since {each.since:%Y-%m-%d %H:%M} UTC."
        yield Finding(NAME, State.WARNING, what, _GAPS)
    if len(warned) > _MOST:
        what = f"{len(warned) - _MOST} more reports are late or about to expire."
        yield Finding(NAME, State.WARNING, what, _GAPS)


def _silence(silent: dict[str, bool]) -> Iterator[Finding]:
    """``silent``: by account, whether nothing was loaded; only accounts with earlier loads."""
    names = [account_id for account_id, is_silent in silent.items() if is_silent]
    hours = int(SILENT_AFTER.total_seconds() // 3600)
    if names and len(names) == len(silent):
        yield Finding(
            NAME,
            State.FAILED,
            f"Nothing has been loaded from any account for {hours} hours.",
            "Check that scheduler, triggerer and workers run, and that the DAGs are not paused.",
        )
        return
    for account_id in names:
        yield Finding(
            NAME,
            State.WARNING,
            f"Nothing has been loaded from account {account_id} for {hours} hours.",
            f"Run `sellerops ledger slices --account {account_id}` to see why; unpause its DAGs.",
        )


def _silent_accounts(connection: psycopg.Connection[Any], now: datetime) -> dict[str, bool]:
    heard = _loaded_since(connection, load_accounts(), now - SILENT_AFTER)
    known = heard | _loaded_since(connection, set(load_accounts()) - heard, now - _STOPPED_AFTER)
    return {account_id: account_id not in heard for account_id in sorted(known)}


def _loaded_since(
    connection: psycopg.Connection[Any], account_ids: Iterable[str], since: datetime
) -> set[str]:
    rows = connection.execute(
        """
        SELECT wanted.account_id FROM unnest(%(accounts)s::text[]) AS wanted (account_id)
        WHERE EXISTS (
            SELECT FROM sellerops.load
            WHERE load.recorded_at > %(since)s AND load.account_id = wanted.account_id
        )
        """,
        {"accounts": list(account_ids), "since": since},
    )
    return {row["account_id"] for row in rows}


__all__ = ["NAME", "SILENT_AFTER", "examine_reports"]
