"""A destination filled from the archive: every recorded load of a report, into whichever destination, is made
once more into this one, in its order. Amazon is not asked.

For a destination that a spec names only now, or one whose tables were lost. Loading is the same as ever, so
it may be repeated and the newest document wins; rows of no recorded load are left where they are.
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
    """What became of one table."""

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
    """Repeat the recorded loads of ``spec`` that ``scope`` holds into ``destination``, oldest first.

    The ledger then says of each slice that the destination has it, where all tables were filled. Raises
    GiveUpError when nothing is recorded, and what loading raises; what was loaded until then stays.
    """
    tables = [name for name in spec.tables if scope.tables is None or name in scope.tables]
    target = UncheckedDestination(destination)
    done: list[RefillResult] = []
    last: dict[str, tuple[LoadStep, int | None]] = {}
    for table in tables:
        repeated: set[Key] = set()
        rows = 0
        # What is loaded elsewhere meanwhile is repeated too: the table is whole when nothing is left.
        while fresh := [each for each in _steps(ledger, spec, table, scope) if each[0].key not in repeated]:
            for step, request_id in fresh:
                told = replace(step, meta=replace(step.meta, request_id=request_id))
                for result in load_step(target, archive, spec, told):
                    rows += result.stored
                repeated.add(step.key)
                name = json.dumps(step.slice_.to_dict(), sort_keys=True)
                if name not in last or (request_id or 0) >= (last[name][1] or 0):
                    last[name] = told, request_id
        progress(f"{spec.source}.{table}: {len(repeated)} loads repeated into {destination.name}")
        done.append(RefillResult(f"{spec.source}.{table}", len(repeated), rows))
    if not last:
        raise GiveUpError(
            "no load of it is recorded.",
            where=f"report {spec.name}",
            remedy="There is nothing to fill it from; check report, table and scope.",
        )
    if set(tables) == set(spec.tables):
        _settle(ledger, spec, destination.name, last.values())
    return done


def _steps(ledger: Ledger, spec: ReportSpec, table: str, scope: Scope) -> list[tuple[LoadStep, int | None]]:
    """Each document of each slice that ``scope`` holds once, where it was loaded last, with its request."""
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
        if scope.holds(step):
            found.pop(step.key, None)
            found[step.key] = step, requests.get(record.load_id)
    return list(found.values())


def _settle(
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
