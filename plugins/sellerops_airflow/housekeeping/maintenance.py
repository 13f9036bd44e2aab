"""The tasks of the maintenance DAG: partitions, old rows, settling times, stale slices, credentials, unsent
notices.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import GiveUpError
from sellerops.base.redaction import redact
from sellerops.calendar.slices import days_label

if TYPE_CHECKING:
    from sellerops.archive import Archive
    from sellerops.ledger import Ledger
    from sellerops_airflow.runtime import Runtime

log = logging.getLogger(__name__)

_STALE = """
    SELECT report, account_id, marketplace_id, min(day) AS first_day, max(day) AS last_day, dag_id, run_id,
           min(updated_at) AS since
    FROM sellerops.slice_state
    WHERE state IN ('PLANNED', 'REQUESTED') AND updated_at < sellerops.now() - %(age)s
      AND updated_at >= sellerops.now() - %(horizon)s
    GROUP BY report, account_id, marketplace_id, dag_id, run_id
    ORDER BY since
"""

_FAILED_WITHOUT_NOTICE = """
    SELECT DISTINCT state.dag_id, state.run_id
    FROM sellerops.slice_state AS state
    WHERE state.state = 'FAILED' AND state.dag_id IS NOT NULL AND state.run_id IS NOT NULL
      AND state.updated_at BETWEEN sellerops.now() - %(horizon)s AND sellerops.now() - %(age)s
      AND NOT EXISTS (
          SELECT FROM sellerops.notice
          -- keys with the run as prefix, in byte order: '}' follows '|'
          WHERE notice.key >= 'run_failed|' || state.dag_id || '|' || state.run_id || '|'
            AND notice.key < 'run_failed|' || state.dag_id || '|' || state.run_id || '}'
      )
    ORDER BY 1, 2
"""


def roll_api_calls(ledger: Ledger, keep_days: int) -> list[str]:
    """Create tomorrow's partition of the call log and drop those past ``keep_days``. Returns their names."""
    return ledger.roll_api_calls(keep_days)


def refresh_reference_tables(ledger: Ledger) -> None:
    """Update the tables of marketplaces and reports, and the starter views, from the configuration."""
    from sellerops.ledger.database import sync_configuration

    with ledger.connection() as connection:
        sync_configuration(connection)


def refresh_exchange_rates(ledger: Ledger) -> int:
    """Read the European Central Bank's newest rates; returns how many are new.

    When the bank cannot be reached, the rates known so far stay in use; the alert ``rates_old`` opens when
    they get too old.
    """
    import httpx

    from sellerops.reference.filling import refresh_rates

    try:
        with ledger.connection() as connection:
            return refresh_rates(connection)
    except httpx.HTTPError as error:
        log.warning("the European Central Bank cannot be reached: %s; known rates stay in use", error)
        return 0


def purge(ledger: Ledger, keep_days: int, keep_changes_days: int | None = None) -> dict[str, int]:
    """Delete old rows that nothing needs (``sellerops.ledger.retention``). Returns how many, by table."""
    from sellerops.ledger.retention import RetentionPeriods
    from sellerops.ledger.retention import purge as purge_rows

    kept = RetentionPeriods(rows=timedelta(days=keep_days))
    if keep_changes_days is not None:
        kept = replace(kept, changes=timedelta(days=keep_changes_days))
    return purge_rows(ledger, kept)


def purge_personal_data(ledger: Ledger, archive: Archive) -> dict[str, int]:
    """Delete rows and archived documents of personal data past their retention. Returns how many of each."""
    from sellerops.reprocess.document_retention import delete_documents
    from sellerops.reprocess.personal import purge_personal
    from sellerops.settings.specs import load_specs

    specs = load_specs()[0]
    rows = {each.table: each.rows for each in purge_personal(ledger, specs)}
    deleted = {
        f"documents of {each.report}": each.documents for each in delete_documents(ledger, archive, specs)
    }
    return {**rows, **deleted}


def delete_old_evidence(runtime: Runtime, keep_days: int) -> int:
    """Delete the screenshots, pages and traces that browser jobs stored before ``keep_days`` days (real
    time). Returns for how many jobs.
    """
    return runtime.evidence.delete_old(datetime.now(UTC) - timedelta(days=keep_days))


def measure_settling(ledger: Ledger) -> int:
    """Measure how long figures keep changing and store it for the hub, for each table with recorded
    restatements of a report that is on. Returns how many tables.

    A table that fails keeps its previous figures, and the others still get theirs; then GiveUpError names
    those that failed.
    """
    import psycopg

    from sellerops.base.reader_role import first_line
    from sellerops.completeness.settling_time import settling_tables, store_settling
    from sellerops.settings.specs import enabled_specs

    tables = [table for spec in enabled_specs() for table in settling_tables(spec)]
    failed = {}
    for table in tables:
        try:
            store_settling(ledger, table)
        except psycopg.Error as error:
            failed[table.name] = redact(first_line(error))
            log.warning("%s: not measured: %s", table.name, failed[table.name])
    if failed:
        raise GiveUpError(
            f"the settling time of {len(failed)} of {len(tables)} tables was not measured: "
            + "; ".join(f"{name}: {reason}" for name, reason in failed.items())
            + ".",
            where="table sellerops.settling_figure",
            remedy="The next day's run measures again; clear this task to do it now.",
        )
    return len(tables)


def check_stale_slices(ledger: Ledger, stale_hours: int, horizon_days: int = 30) -> None:
    """Raise GiveUpError naming slices that were planned or requested long ago and never finished.

    That happens when a task or its run was removed, or a DAG was paused half way. Slices older than
    ``horizon_days`` have been reported often enough and are ignored.
    """
    rows = stale_slices(ledger, timedelta(hours=stale_hours), timedelta(days=horizon_days))
    if not rows:
        return
    listed = "; ".join(_describe(row) for row in rows[:20])
    more = f"; and {len(rows) - 20} more" if len(rows) > 20 else ""
    raise GiveUpError(
        f"{len(rows)} slices have not finished for {stale_hours} hours: {listed}{more}.",
        where="ledger, slice_state",
        remedy="Unpause the DAG, or clear the run's tasks; if the run is gone, start one for the days.",
    )


def stale_slices(ledger: Ledger, age: timedelta, horizon: timedelta) -> list[dict[str, Any]]:
    """Ranges of days, by run, whose state last changed between ``horizon`` and ``age`` ago."""
    return ledger.database.run(lambda c: c.execute(_STALE, {"age": age, "horizon": horizon}).fetchall())


def runs_without_notice(ledger: Ledger, age: timedelta, horizon: timedelta) -> list[tuple[str, str]]:
    """DAG id and run id of failures between ``horizon`` and ``age`` ago without a notice."""
    rows = ledger.database.run(
        lambda c: c.execute(_FAILED_WITHOUT_NOTICE, {"age": age, "horizon": horizon}).fetchall()
    )
    return [(row["dag_id"], row["run_id"]) for row in rows]


def send_missed_notices(ledger: Ledger, wait_hours: int = 2, horizon_days: int = 3) -> int:
    """Send notices of failed runs, changed columns and rejected rows whose own process died first.

    Returns how many notices were recorded.
    """
    from sellerops.ledger.findings import loads_with_findings
    from sellerops.settings.specs import load_specs
    from sellerops_airflow.notifiers.findings import send_findings_of_loads
    from sellerops_airflow.notifiers.runs import send_failure_notices
    from sellerops_airflow.runs.run_outcomes import build_outcome

    age, horizon = timedelta(hours=wait_hours), timedelta(days=horizon_days)
    load_ids = ledger.database.run(lambda c: loads_with_findings(c, age, horizon))
    # With a key of its own (attempt -1): the run may still be active, and its callback sends its own notice.
    runs = runs_without_notice(ledger, age, horizon)
    outcomes = (build_outcome(ledger, dag_id, run_id, attempt=-1) for dag_id, run_id in runs)
    sent = sum(send_failure_notices(ledger, outcome) for outcome in outcomes)
    if load_ids:
        sent += send_findings_of_loads(ledger, {spec.name: spec for spec in load_specs()[0]}, load_ids)
    return sent


def send_waiting_notices(ledger: Ledger, budget_s: float = 120.0) -> int:
    """Retry due messages, for at most ``budget_s`` seconds (real time). Returns how many arrived.

    A failing channel does not fail the task: a message is given up after a day, with an error in the log, and
    stays in ``sellerops.delivery``.
    """
    from sellerops.notices.outbox import send_due
    from sellerops_airflow.notifiers import channels
    from sellerops_airflow.notifiers.outage import send_outage_recovery

    send_outage_recovery(ledger)
    return send_due(ledger, channels.send, budget=budget_s)


def check_credentials() -> None:
    """Request a token for every account and source. Raises CredentialsError naming all refused ones."""
    from sellerops.base.errors import CredentialsError
    from sellerops.settings.accounts import load_accounts
    from sellerops_airflow.hooks.registry import hook_of

    refused = []
    for account in load_accounts().values():
        for source in account.api_sources:
            fine, message = hook_of(source, account).test_connection()
            log.info("%s at %s: %s", account.id, source, message)
            if not fine:
                refused.append(f"{account.id} at {source}: {message}")
    if refused:
        raise CredentialsError(" ".join(refused), where="accounts")


def _describe(row: dict[str, Any]) -> str:
    first, last = row["first_day"], row["last_day"]
    return f"{row['report']} {row['account_id']} {days_label(first, last)} (run {row['run_id']})"


__all__ = [
    "check_credentials",
    "check_stale_slices",
    "delete_old_evidence",
    "purge",
    "purge_personal_data",
    "refresh_reference_tables",
    "roll_api_calls",
    "runs_without_notice",
    "send_missed_notices",
    "send_waiting_notices",
    "stale_slices",
]
