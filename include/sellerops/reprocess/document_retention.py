"""Deletes archived documents after their retention.

Documents with personal data are those of reports whose spec declares personal columns, and those in which a
load found an unknown column that looks like personal data (``sellerops.personal_document``). All others are
kept forever, unless their spec's ``document_retention`` or ``documents`` in config/upkeep.yaml sets a limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sellerops.archive import Archive
from sellerops.ledger import Ledger
from sellerops.reprocess.personal import list_personal
from sellerops.settings.specs import ReportSpec
from sellerops.settings.specs.report import PERSONAL_DOCUMENTS_KEPT
from sellerops.settings.upkeep_file import UPKEEP


@dataclass(frozen=True)
class DeletedDocuments:
    """How many documents of a report were deleted."""

    report: str
    documents: int


def delete_documents(ledger: Ledger, archive: Archive, specs: Sequence[ReportSpec]) -> list[DeletedDocuments]:
    """Delete archived documents that are past their retention. Idempotent.

    Their sidecars stay and record when and why. Retention counts from the document's last fetch, by the
    ledger's clock.
    """
    now = ledger.clock().now()
    counts: dict[str, int] = {}
    personal = {spec.name for spec in specs if any(each.personal_columns for each in spec.tables.values())}
    for (source, report), kept in _retentions(ledger, specs).items():
        why = "personal data" if report in personal else "old"
        for uri in archive.documents(source, report):
            counts[report] = counts.get(report, 0) + _delete_if_old(archive, uri, now, kept, why)
    found = {spec.name: spec.personal_archive_retention for spec in specs}
    for uri, report, found_at in _found(ledger):
        kept = found.get(report, PERSONAL_DOCUMENTS_KEPT)
        gone = not archive.has(uri)
        if gone or _delete_if_old(archive, uri, now, kept, "personal data", since=found_at):
            _record_deleted(ledger, uri)
            counts[report] = counts.get(report, 0) + (not gone)
    return [DeletedDocuments(report, count) for report, count in counts.items()]


def _retentions(ledger: Ledger, specs: Sequence[ReportSpec]) -> dict[tuple[str, str], timedelta]:
    """The retention by source and report; for removed specs with personal tables, the last one declared."""
    settings = UPKEEP.load()
    known = {(spec.source, spec.name): settings.document_age(spec) for spec in specs}
    for table in list_personal(ledger):
        known.setdefault((table.table.split(".")[0], table.report), table.retention)
    return {key: kept for key, kept in known.items() if kept is not None}


def _delete_if_old(
    archive: Archive, uri: str, now: datetime, kept: timedelta, why: str, *, since: datetime | None = None
) -> bool:
    sidecars = archive.sidecars(uri)
    fetched = datetime.fromisoformat(sidecars[-1]["fetched_at"]) if sidecars else since
    if fetched is None or fetched >= now - kept:
        return False
    archive.delete(uri, at=now, why=f"{why}, kept {kept.days} days")
    return True


def _found(ledger: Ledger) -> list[tuple[str, str, datetime]]:
    with ledger.connection() as connection:
        rows = connection.execute(
            "SELECT uri, report, found_at FROM sellerops.personal_document WHERE deleted_at IS NULL"
        ).fetchall()
    return [(row["uri"], row["report"], row["found_at"]) for row in rows]


def _record_deleted(ledger: Ledger, uri: str) -> None:
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.personal_document SET deleted_at = sellerops.now() WHERE uri = %s", (uri,)
        )
