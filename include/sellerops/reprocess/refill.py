"""Fills a destination from the archive, without calling Amazon.

Every recorded load of a report, into whichever destination, is repeated into this one, in order. Use it for a
destination that a spec has just added, or whose tables were lost. It loads as usual, so it is idempotent and
the newest document wins; rows that belong to no recorded load stay.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sellerops.archive import Archive
from sellerops.base.errors import GiveUpError
from sellerops.destinations import Destination
from sellerops.ledger import Ledger, SliceState
from sellerops.ledger.history import RecordedLoad, recorded_loads
from sellerops.reprocess.load_steps import Key, LoadStep, Scope, UncheckedDestination, load_step, step_of
from sellerops.settings.specs import ReportSpec

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RefillResult:
    """The result for one table: how many loads were repeated and rows stored."""

    table: str
    loads: int
    rows: int


def refill(
    ledger: Ledger,
    archive: Archive,
    spec: ReportSpec,
    scope: Scope,
    destination: Destination,
    *,
    progress: Callable[[str], None] = log.info,
) -> list[RefillResult]:
    """Repeat the recorded loads of ``spec`` within ``scope`` into ``destination``, oldest first.

    If all tables of the report were filled, the ledger then records each slice as loaded there. Raises
    GiveUpError if no load is recorded, and whatever loading raises; the loads made before that stay.
    """
    tables = [name for name in spec.tables if scope.tables is None or name in scope.tables]
    target = UncheckedDestination(destination)
    done: list[RefillResult] = []
    last: dict[str, tuple[LoadStep, int | None]] = {}
    for table in tables:
        repeated: set[Key] = set()
        rows = 0
        # Loads that other processes record in the meantime are repeated too, until none is left.
        while fresh := [each for each in _steps(ledger, spec, table, scope) if each[0].key not in repeated]:
            for step, request_id in fresh:
                numbered = replace(step, meta=replace(step.meta, request_id=request_id))
                for result in load_step(target, archive, spec, numbered):
                    rows += result.stored
                repeated.add(step.key)
                name = json.dumps(step.slice_.to_dict(), sort_keys=True)
                if name not in last or (request_id or 0) >= (last[name][1] or 0):
                    last[name] = numbered, request_id
        progress(f"{spec.source}.{table}: {len(repeated)} loads repeated into {destination.name}")
        done.append(RefillResult(f"{spec.source}.{table}", len(repeated), rows))
    if not last:
        raise GiveUpError(
            "no load is recorded.",
            where=f"report {spec.name}",
            remedy="Check the report, --table, --account and --since.",
        )
    if set(tables) == set(spec.tables):
        _record_loaded(ledger, spec, destination.name, last.values())
    return done


def _steps(ledger: Ledger, spec: ReportSpec, table: str, scope: Scope) -> list[tuple[LoadStep, int | None]]:
    """Each document of each slice within ``scope`` once, in the order of its last load, with its request."""
    full_name = f"{spec.source}.{table}"
    with ledger.connection() as connection:
        names = connection.execute(
            "SELECT DISTINCT destination FROM sellerops.load WHERE table_name = %s", (full_name,)
        ).fetchall()
        records: list[RecordedLoad] = []
        for name in names:
            records += recorded_loads(connection, full_name, name["destination"])
        requests = {
            row["id"]: row["request_id"]
            for row in connection.execute(
                "SELECT id, request_id FROM sellerops.load WHERE table_name = %s", (full_name,)
            )
        }
    found: dict[Key, tuple[LoadStep, int | None]] = {}
    for record in sorted(records, key=lambda each: each.load_id):
        step = step_of(spec, table, record)
        if scope.includes(step):
            found.pop(step.key, None)
            found[step.key] = step, requests.get(record.load_id)
    return list(found.values())


def _record_loaded(
    ledger: Ledger, spec: ReportSpec, destination: str, steps: Iterable[tuple[LoadStep, int | None]]
) -> None:
    for step, request_id in steps:
        if step.slice_.days:
            ledger.set_destination_state(
                step.slice_,
                destination,
                SliceState.CONFIRMED_EMPTY if step.uri is None else SliceState.LOADED,
                destinations=spec.destinations_of(step.slice_.account_id),
                request_id=request_id,
            )
