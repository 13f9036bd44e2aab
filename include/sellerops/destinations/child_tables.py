"""Loads the tables of one document in order. Parent and child tables are quarantined together."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from sellerops.base.errors import Quarantined
from sellerops.destinations.quarantining import DryRunPassed
from sellerops.destinations.results import LoadResult
from sellerops.settings.specs import ReportSpec, WriteDisposition


class LoadTable(Protocol):
    """Loads one table of a document. Raises Quarantined; after a dry run that finds nothing, DryRunPassed."""

    def __call__(self, name: str, *, quarantined_with: str | None, is_dry_run: bool) -> LoadResult: ...


def load_with_children(spec: ReportSpec, tables: Collection[str] | None, load: LoadTable) -> list[LoadResult]:
    """Load all tables of ``spec`` (or ``tables``); raises Quarantined at the end if any is quarantined.

    Before a parent table replaces its rows, a dry run judges its child tables, which reads the document a
    second time. A merge removes no rows, so it needs no dry run.
    """
    results: list[LoadResult] = []
    quarantined: dict[str, Quarantined] = {}
    wanted = [name for name in spec.tables if tables is None or name in tables]

    def attempt(name: str, *, quarantined_with: str | None = None, is_dry_run: bool = False) -> None:
        try:
            results.append(load(name, quarantined_with=quarantined_with, is_dry_run=is_dry_run))
        except DryRunPassed:
            pass
        except Quarantined as error:
            quarantined[name] = error

    for name in wanted:
        children = [each for each in wanted if spec.parent_of(each) == name]
        if spec.tables[name].write_disposition is WriteDisposition.REPLACE:
            for each in children:
                attempt(each, is_dry_run=True)
        if name not in quarantined:
            relatives = [spec.parent_of(name), *children]
            attempt(name, quarantined_with=next((each for each in relatives if each in quarantined), None))
    if quarantined:
        raise merge_quarantined([quarantined[name] for name in wanted if name in quarantined])
    return results


def merge_quarantined(errors: list[Quarantined]) -> Quarantined:
    """One error for several quarantined tables or documents."""
    if len(errors) == 1:
        return errors[0]
    first = errors[0]
    return Quarantined(
        " ".join(f"{error.where}: {error.cause}" for error in errors),
        remedy=first.remedy,
        quarantine_ids=[one for error in errors for one in error.details.get("quarantine_ids", [])],
        is_rejected=all(error.details.get("is_rejected") for error in errors),
        rows_stand=all(error.details.get("rows_stand") for error in errors),
    )
