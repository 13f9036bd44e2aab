"""Checks what must hold after a bad night, using the local Amazon's own records and an undisturbed system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql

from sellerops.base import postgres
from sellerops.base.postgres import UPKEEP
from sellerops_runtime.chaos.system import BACKFILLED, ORDERS, SALES, SNAPSHOTS
from sellerops_runtime.local_amazon import control

# The time and the load with which a row arrived differ between two runs.
_OF_THE_LOAD = frozenset({"load_id", "reported_at", "snapshot_at", "unit_mark"})
_SCHEMA = "amazon_sp"
# Calls that must take effect exactly once. The faults below affect the answer, after the call took effect.
_ONCE = ("createInboundPlan", "confirmPlacementOption", "confirmTransportationOptions")
_TOOK_EFFECT = frozenset({"response_lost", "error_after", "hang_after"})
_SNAPSHOT_TYPE = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"

# Headlines of the notices that are sent when the only instance of a component is silent.
_MESSAGES = {
    "scheduler": "The scheduler is silent",
    "triggerer": "The triggerer is silent",
    "dag-processor": "The dag-processor is silent",
    "api-server": "The api-server does not answer",
}
# Parts of the names of faults that can silence every component, and of faults that keep tasks from workers.
_OF_ALL = ("Postgres", "connection limit")
_OF_WORKERS = ("worker", "scheduler", "redis", *_OF_ALL)


@dataclass
class Outcome:
    """What a system has done. ``tables``: how often each row occurs, ignoring the columns of its load."""

    tables: dict[str, Counter[tuple[Any, ...]]] = field(default_factory=dict)
    reports: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    messages: list[dict[str, Any]] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)


def read_tables(conninfo: str) -> dict[str, Counter[tuple[Any, ...]]]:
    """The rows of the tables that must be equal in both systems, by table."""
    with postgres.connect(conninfo, UPKEEP) as connection:
        names = connection.execute(
            "SELECT table_name, array_agg(column_name::text ORDER BY column_name)"
            " FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = %s AND table_name LIKE 'chaos%%' AND table_type = 'BASE TABLE' GROUP BY 1",
            (_SCHEMA,),
        ).fetchall()
        return {
            name: Counter(connection.execute(_select(name, columns)).fetchall())
            for name, columns in names
            if not name.startswith(SNAPSHOTS)
        }


def _select(table: str, columns: Sequence[str]) -> sql.Composed:
    wanted = [sql.SQL("{}::text").format(sql.Identifier(c)) for c in columns if c not in _OF_THE_LOAD]
    # The backfilled report also has a schedule, whose days are so recent that their figures still change.
    old = sql.SQL(" WHERE date < current_date - 30") if "date" in columns else sql.SQL("")
    return sql.SQL("SELECT {} FROM {}{}").format(
        sql.SQL(", ").join(wanted), sql.Identifier(_SCHEMA, table), old
    )


def doubled_snapshots(conninfo: str) -> list[str]:
    """Snapshots that hold a SKU twice."""
    statement = sql.SQL("SELECT snapshot_at, sku, count(*) FROM {} GROUP BY 1, 2 HAVING count(*) > 1")
    with postgres.connect(conninfo, UPKEEP) as connection:
        table = sql.Identifier(_SCHEMA, f"{SNAPSHOTS}_fba_manage_inventory")
        return [f"{at} {sku}: {n} rows" for at, sku, n in connection.execute(statement.format(table))]


def unfinished_loads(conninfo: str) -> list[str]:
    """Loads that were started but neither completed nor discarded."""
    with postgres.connect(conninfo, UPKEEP) as connection:
        rows = connection.execute(
            "SELECT table_name, count(*) FROM sellerops.load_intent GROUP BY 1"
        ).fetchall()
    return [f"{table}: {count} loads were begun and never ended" for table, count in rows]


def read_amazon(url: str, outcome: Outcome) -> None:
    """Read the reports and writes that the local Amazon recorded, and the messages its Slack received."""
    for report in control(url, "GET", "reports")["reports"]:
        if report["reportType"] != _SNAPSHOT_TYPE:
            window = (report["dataStartTime"], report["dataEndTime"])
            key = (report["sandbox"]["account"], report["reportType"], *report["marketplaceIds"], *window)
            outcome.reports[key] += 1
    for operation in _ONCE:
        calls = control(url, "GET", f"calls?operation={operation}&limit=100000")["calls"]
        outcome.writes[operation] = sum(
            each["status"] == 202 or each.get("fault") in _TOOK_EFFECT for each in calls
        )
    outcome.messages = control(url, "GET", "slack")["messages"]


def left_files(folder: Path) -> list[str]:
    """Files that our programs left in the folder for temporary files."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def unnamed_documents(archive: Path, conninfo: str) -> list[str]:
    """Documents in the archive that no request names.

    Snapshots are left out: their schedule never stops, so a document may be on its way. A file that a killed
    task has written only in part is not a document yet; the archive removes it after a day.
    """
    with postgres.connect(conninfo, UPKEEP) as connection:
        rows = connection.execute(
            "SELECT archive_uri FROM sellerops.report_request WHERE archive_uri IS NOT NULL"
        )
        named = {uri.rsplit("/", 1)[1] for (uri,) in rows}
    return sorted(
        f"{path.relative_to(archive)}, which no request names"
        for path in archive.glob(f"{_SCHEMA}/chaos_*/*/*/*.gz")
        if path.name not in named and SNAPSHOTS not in path.parts
    )


def headlines(messages: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """How often each headline was sent, not counting replies in threads."""
    return Counter(each["text"].split("\n")[0] for each in messages if not each.get("thread_ts"))


def broken_promises(outcome: Outcome, undisturbed: Outcome | None) -> list[str]:
    """Everything that is not as promised, one line each.

    Without an undisturbed system, rows, reports and calls are not compared.
    """
    found = undone_work(undisturbed or outcome)
    found += [f"{times} reports for {_words(key)}" for key, times in outcome.reports.items() if times > 1]
    found += [f"{name} had an effect {n} times" for name, n in outcome.writes.items() if n > 1]
    if undisturbed:
        found += [
            f"in the undisturbed system: {each}" for each in undisturbed.unfinished + undisturbed.failed
        ]
        found += _differences(outcome, undisturbed)
    found += [f"snapshot {each}" for each in outcome.doubled]
    found += [f"unfinished: {each}" for each in outcome.unfinished]
    found += [f"failed for good: {each}" for each in outcome.failed]
    found += [f"left running: {each}" for each in outcome.orphans]
    found += [f"left behind: {each}" for each in outcome.leftovers]
    texts = Counter(each["text"] for each in outcome.messages)
    found += [f"sent {times} times: {text[:200]!r}" for text, times in texts.items() if times > 1]
    return found


def undone_work(outcome: Outcome) -> list[str]:
    """Reports without rows, and a shipment that was not planned: then the night has tested nothing."""
    found = [
        f"no rows of {report}, with which to compare"
        for report in (SALES, ORDERS, BACKFILLED)
        if not any(rows for table, rows in outcome.tables.items() if table.startswith(report))
    ]
    return found + ([] if outcome.writes[_ONCE[0]] else ["no shipment was planned, with which to compare"])


def _differences(outcome: Outcome, undisturbed: Outcome) -> list[str]:
    """Reports, calls and rows that only the undisturbed system has, and rows that only the other one has."""
    found = [f"no report for {_words(key)}" for key in undisturbed.reports if not outcome.reports[key]]
    found += [f"{name} had no effect" for name, n in undisturbed.writes.items() if n > outcome.writes[name]]
    for table in sorted(undisturbed.tables | outcome.tables):
        mine, other = outcome.tables.get(table, Counter()), undisturbed.tables.get(table, Counter())
        lost, more = other - mine, mine - other
        if lost or more:
            example = next(iter(lost or more))
            found.append(
                f"{table}: {lost.total()} rows are missing and {more.total()} are too many, such as {example}"
            )
    return found


def wrong_messages(
    messages: Iterable[Mapping[str, Any]], faults: Iterable[str], paired: Collection[str] = ()
) -> list[str]:
    """Components that stayed away without a message, and headlines that were sent too often.

    A headline may be sent once for each fault that can cause it. Where these faults are not known, it may be
    sent once for each kind of fault.

    ``faults``: names of the faults that happened. ``paired``: components of which there are two.
    """
    kinds, sent = Counter(faults), headlines(messages)
    found = []
    for name, headline in _MESSAGES.items():
        times = 0 if name in paired else kinds[f"{name} stays away"]
        if sent[headline] < times:
            found.append(f"{times} times {name} stays away, and {sent[headline]} messages {headline!r}")
    for headline, times in sent.items():
        most = _most(headline, kinds)
        if times > most:
            found.append(f"sent {times} times for {most} faults that can cause it: {headline!r}")
    return found


def _most(headline: str, kinds: Counter[str]) -> int:
    """How often the headline may be sent after these faults."""
    causes: tuple[str, ...] = next(
        ((name, *_OF_ALL) for name, text in _MESSAGES.items() if text == headline), ()
    )
    if "scheduler" in causes:
        causes = (*causes, "redis")  # without Redis, Airflow's scheduler exits again and again
    if headline.startswith(("Tasks are queued", "Tasks of queue", "No worker")):
        causes = _OF_WORKERS
    if not causes:
        return max(1, len(kinds))
    return sum(times for kind, times in kinds.items() if any(each in kind for each in causes))


def _words(key: tuple[Any, ...]) -> str:
    return " ".join(map(str, key))
