"""The upkeep of what grows or expires: sizes, Airflow's metadata and logs, secrets, backups."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import ConfigurationError, GiveUpError, RetryableError, SkipError
from sellerops.base.redaction import redact
from sellerops_airflow.hooks.missing import read_variable
from sellerops_airflow.hooks.warehouse import METADATA_CONN_ID, warehouse_conninfo
from sellerops_airflow.notifiers import send_notice, send_recoveries

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.upkeep.growth import Growth, Urgency
    from sellerops_airflow.runtime import Runtime

log = logging.getLogger(__name__)

BACKUP_VARIABLE = "sellerops_backup_uri"
_CLEANING_SECONDS = 3_600.0


def measure_sizes(runtime: Runtime, log_folder: str) -> list[str]:
    """Measure and record sizes. Send notices of what is, or soon will be, full, and recoveries.

    Returns what is too full. Airflow's metadata is measured if the connection ``sellerops_metadata`` exists.
    """
    from sellerops.browsers.pool import default_home
    from sellerops.settings.upkeep_file import UPKEEP
    from sellerops.upkeep.growth import growth_of
    from sellerops.upkeep.sizes import measure_database, measure_folders, read_samples, record_sizes

    limits, root = UPKEEP.load().sizes, runtime.archive.root
    limit = limits.database_limit_gb
    folders = {
        "archive": root,
        "evidence": runtime.evidence.root,
        "logs": log_folder,
        "browsers": str(default_home()),
    }
    found = measure_folders(folders)
    with runtime.ledger.connection() as connection:
        found += measure_database(connection, int(limit * 1e9) if limit else None)
        record_sizes(connection, [*found, *_metadata_sizes()])
    with runtime.ledger.connection() as connection:
        grown = growth_of(read_samples(connection))
    return _tell_fullness(runtime.ledger, grown, {each: each.urgency(limits) for each in grown})


def _metadata_sizes() -> list[Any]:
    from sellerops.base import postgres
    from sellerops.base.postgres import UPKEEP
    from sellerops.upkeep.sizes import measure_database

    try:
        conninfo = warehouse_conninfo(METADATA_CONN_ID)
    except ConfigurationError:
        return []
    with postgres.connect(conninfo, UPKEEP) as connection:
        return measure_database(connection)


def _tell_fullness(ledger: Ledger, grown: list[Growth], urgency: dict[Growth, Urgency]) -> list[str]:
    """One notice for each that is too full, and recoveries of the others."""
    from sellerops.ledger.notices import open_faults
    from sellerops.upkeep.fullness_notice import PREFIX, fault_key_of, full_notice, recovery_line
    from sellerops.upkeep.growth import Urgency
    from sellerops.upkeep.sizes import Kind

    largest = sorted(
        (each for each in grown if each.size.kind is not Kind.FILE_SYSTEM),
        key=lambda each: -each.size.nbytes,
    )
    full = {fault_key_of(each): each for each in grown if urgency[each] is not Urgency.OK}
    for each in full.values():
        send_notice(ledger, full_notice(each, urgency[each], largest))
    for fault in ledger.database.run(lambda c: open_faults(c, PREFIX)):
        if fault.fault_key not in full:
            name = fault.fault_key.removeprefix(PREFIX).split("|", 1)[-1]
            send_recoveries(ledger, [fault.id], headline=recovery_line(name))
    return [each.size.name for each in full.values()]


def check_secrets(ledger: Ledger) -> list[str]:
    """Send notices of expiring client secrets, and recoveries. Returns the connections needing new ones."""
    from sellerops.ledger.notices import open_faults
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.upkeep_file import UPKEEP
    from sellerops.upkeep.growth import Urgency
    from sellerops.upkeep.secret_ages import (
        PREFIX,
        fault_key_of,
        read_secret_ages,
        recovery_line,
        secret_notice,
    )

    rules, today = UPKEEP.load().secrets, ledger.clock().now().date()
    with ledger.connection() as connection:
        secrets = read_secret_ages(connection, load_accounts(), rules)
    ending = {}
    for each in secrets:
        urgency = each.urgency(today, rules)
        if urgency is not Urgency.OK:
            ending[fault_key_of(each)] = each.connection
            send_notice(ledger, secret_notice(each, today, urgency))
    for fault in ledger.database.run(lambda c: open_faults(c, PREFIX)):
        if fault.fault_key not in ending:
            send_recoveries(ledger, [fault.id], headline=recovery_line(fault.fault_key.removeprefix(PREFIX)))
    return list(ending.values())


def clean_metadata(keep_days: int, keep_audit_days: int) -> list[str]:
    """Delete old rows of Airflow's metadata, in a process of its own: tasks may not use that database.

    Returns DAGs whose rows were kept because a run or a backfill of theirs has not ended. Raises SkipError
    without the connection ``sellerops_metadata``.
    """
    try:
        conninfo = warehouse_conninfo(METADATA_CONN_ID)
    except ConfigurationError as error:
        raise SkipError(
            f"Airflow's metadata is not cleaned: connection {METADATA_CONN_ID} {error.cause}",
            remedy="Add it, or run `sellerops clean-airflow` once a day where the scheduler runs.",
        ) from error
    wanted = json.dumps({"keep_days": keep_days, "keep_audit_days": keep_audit_days})
    command = [sys.executable, "-m", "sellerops_airflow.housekeeping.metadata_cleaning", wanted]
    try:
        done = subprocess.run(
            command,
            env=_metadata_environment(conninfo),
            capture_output=True,
            text=True,
            timeout=_CLEANING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RetryableError(
            f"Airflow's clean-up did not end within {_CLEANING_SECONDS:.0f} s.", where="Airflow's metadata"
        ) from error
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        said = redact(lines[-1][:500]) if lines else f"exit code {done.returncode}"
        raise GiveUpError(
            f"Airflow's clean-up failed: {said}.",
            where="Airflow's metadata",
            remedy="Run `sellerops clean-airflow` where the scheduler runs.",
        )
    log.info("%s", done.stdout)
    kept: list[str] = json.loads(done.stdout.strip().splitlines()[-1])
    return kept


def _metadata_environment(conninfo: str) -> dict[str, str]:
    """The environment of a process that may use the metadata: a task's environment has a false address."""
    from psycopg.conninfo import conninfo_to_dict
    from sqlalchemy.engine import URL

    parts = conninfo_to_dict(conninfo)
    own = ("host", "port", "dbname", "user", "password")
    address = URL.create(
        "postgresql+psycopg",
        username=parts.get("user"),
        password=parts.get("password"),
        host=parts.get("host"),
        port=int(parts.get("port") or 5432),
        database=parts.get("dbname"),
        query={name: str(value) for name, value in parts.items() if name not in own},
    )
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("__SQL_ALCHEMY_CONN") and name != "_AIRFLOW_PROCESS_CONTEXT"
    }
    shown = address.render_as_string(hide_password=False)
    return {**inherited, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": shown}


def delete_logs(folder: str, keep_days: int, most_gb: float) -> dict[str, int]:
    """Delete old log files of this host. Returns how many files were deleted and how many bytes remain."""
    from sellerops.upkeep.log_files import delete_old_logs

    done = delete_old_logs(Path(folder), timedelta(days=keep_days), int(most_gb * 1e9))
    return {"files": done.files, "kept_bytes": done.kept_bytes}


def back_up(runtime: Runtime, keep: int) -> dict[str, Any]:
    """Back up to the target that the variable ``BACKUP_VARIABLE`` names, with Airflow's metadata if the
    connection ``sellerops_metadata`` exists, then remove all but the newest ``keep`` backups.

    Raises SkipError without a target, RetryableError if Airflow does not answer, and GiveUpError, after the
    backup is complete, if documents of the archive are damaged or missing.
    """
    from sellerops.upkeep.backups import take_backup
    from sellerops.upkeep.storage import Folder

    target = read_variable(BACKUP_VARIABLE)
    if not target:
        raise SkipError(
            f"there is no target: variable {BACKUP_VARIABLE} is not set.",
            remedy="Set it to a folder on another disk, or to an address such as s3://bucket/prefix.",
        )
    try:
        airflow = warehouse_conninfo(METADATA_CONN_ID)
    except ConfigurationError:
        log.info("connection %s does not exist: Airflow's metadata is not backed up", METADATA_CONN_ID)
        airflow = ""
    done = take_backup(runtime.ledger, runtime.archive, Folder(target), airflow=airflow, keep=keep)
    faulty = done.documents.faulty
    if faulty:
        raise GiveUpError(
            f"the backup {done.backup.id} is complete, but {len(faulty)} documents of the archive are "
            f"damaged or missing: {', '.join(faulty[:3])}.",
            where=f"archive {runtime.archive.root}",
            remedy=f"`sellerops restore {target} --documents` copies back those that the backup has. Clear "
            "the load tasks of the others: they are downloaded again if Amazon still serves them.",
        )
    return {"backup": done.backup.id, "documents": done.backup.documents, "removed": done.pruned}


__all__ = [
    "BACKUP_VARIABLE",
    "back_up",
    "check_secrets",
    "clean_metadata",
    "delete_logs",
    "measure_sizes",
]
