"""The tables of one document, in order; nested tables are held together with those around them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from sellerops.base.errors import Quarantined
from sellerops.destinations.base import LoadResult
from sellerops.destinations.quarantining import DryRunPassed
from sellerops.settings.specs import ReportSpec, WriteDisposition


class LoadTable(Protocol):
    """Loads one table of a document. Raises Quarantined, and Rehearsed after a rehearsal."""

    def __call__(self, name: str, *, quarantined_with: str | None, is_dry_run: bool) -> LoadResult: ...


def load_with_children(spec: ReportSpec, tables: Collection[str] | None, load: LoadTable) -> list[LoadResult]:
    """Load all tables of ``spec`` (or ``tables``); raises Quarantined in the end for those that are held.

    Where rows are replaced, the inner tables are judged before the outer one is written. Merged rows take
    nothing away, so their documents are not read twice for that.
    """
    results: list[LoadResult] = []
    held: dict[str, Quarantined] = {}
    wanted = [name for name in spec.tables if tables is None or name in tables]

    def attempt(name: str, *, quarantined_with: str | None = None, is_dry_run: bool = False) -> None:
        try:
            results.append(load(name, quarantined_with=quarantined_with, is_dry_run=is_dry_run))
        except DryRunPassed:
            pass
        except Quarantined as error:
            held[name] = error

    for name in wanted:
        inner = [each for each in wanted if spec.parent_of(each) == name]
        if spec.tables[name].write_disposition is WriteDisposition.REPLACE:
            for each in inner:
                attempt(each, is_dry_run=True)
        if name not in held:
            relatives = [spec.parent_of(name), *inner]
            attempt(name, quarantined_with=next((each for each in relatives if each in held), None))
    if held:
        raise merge_quarantined([held[name] for name in wanted if name in held])
    return results


def merge_quarantined(held: list[Quarantined]) -> Quarantined:
    """One error for several tables or documents that wait for a person."""
    if len(held) == 1:
        return held[0]
    first = held[0]
    return Quarantined(
        " ".join(f"{error.where}: {error.cause}" for error in held),
        remedy=first.remedy,
        quarantine_ids=[one for error in held for one in error.details.get("quarantine_ids", [])],
        is_rejected=all(error.details.get("is_rejected") for error in held),
        rows_stand=all(error.details.get("rows_stand") for error in held),
    )
