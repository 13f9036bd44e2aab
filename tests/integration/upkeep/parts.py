"""An archived document, for tests of backups and restores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from support.archived import archive_document

from sellerops.archive import Archive
from sellerops.calendar.slices import plan_slices
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SPEC = load_spec("fba_customer_returns")


def put(archive: Archive, number: int, account: str = "northwind_na") -> str:
    """Archive a document; returns its address."""
    slice_ = plan_slices(SPEC, load_accounts()[account], run_at=NOON, now=NOON)[0]
    as_of = NOON + timedelta(hours=number)
    return archive_document(archive, SPEC, slice_, as_of, f"document {number}\n".encode()).where
