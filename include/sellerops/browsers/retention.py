"""Deletes old evidence."""

from __future__ import annotations

from datetime import datetime

from sellerops.browsers.evidence import EvidenceStore


def delete_old(evidence_root: str, before: datetime) -> int:
    """Delete evidence stored before an aware time; returns the number of jobs whose evidence was deleted."""
    return EvidenceStore(evidence_root).delete_old(before)
