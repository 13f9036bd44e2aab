"""Deleting archived documents with personal data after their retention; all others are kept for ever.

Affected are all documents of reports whose spec declares personal columns, and documents of other reports in
which a load found an unknown column that looks like personal data (``sellerops.personal_document``).
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


@dataclass(frozen=True)
class DeletedDocuments:
    """How many documents of a report were deleted."""

    report: str
    documents: int


def delete_documents(ledger: Ledger, archive: Archive, specs: Sequence[ReportSpec]) -> list[DeletedDocuments]:
    """Delete archived documents with personal data that are past their retention. Idempotent.

    Their sidecars stay and record when and why. Retention counts from the document's last fetch, by the
    ledger's clock.
    """
    now = ledger.clock().now()
    counts: dict[str, int] = {}
    for (source, report), kept in _retentions(ledger, specs).items():
        for uri in archive.documents(source, report):
            counts[report] = counts.get(report, 0) + _delete_if_old(archive, uri, now, kept)
    found = {spec.name: spec.personal_archive_retention for spec in specs}
    for uri, report, found_at in _found(ledger):
        kept = found.get(report, PERSONAL_DOCUMENTS_KEPT)
        gone = not archive.has(uri)
        if gone or _delete_if_old(archive, uri, now, kept, since=found_at):
            _record_deleted(ledger, uri)
            counts[report] = counts.get(report, 0) + (not gone)
    return [DeletedDocuments(report, count) for report, count in counts.items()]


def _retentions(ledger: Ledger, specs: Sequence[ReportSpec]) -> dict[tuple[str, str], timedelta]:
    """Retention by source and report; for specs that were removed, the last one they declared."""
    known = {(spec.source, spec.name): spec.archive_retention for spec in specs}
    for table in list_personal(ledger):
        known.setdefault((table.table.split(".")[0], table.report), table.retention)
    return {key: kept for key, kept in known.items() if kept is not None}


def _delete_if_old(
    archive: Archive, uri: str, now: datetime, kept: timedelta, *, since: datetime | None = None
) -> bool:
    sidecars = archive.sidecars(uri)
    fetched = datetime.fromisoformat(sidecars[-1]["fetched_at"]) if sidecars else since
    if fetched is None or fetched >= now - kept:
        return False
    archive.delete(uri, at=now, why=f"personal data, kept {kept.days} days")
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
