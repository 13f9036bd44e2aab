"""Sends the notices of quarantined documents, once per document."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from airflow.sdk import conf

from sellerops_airflow.notifiers import BestEffort, send_notice

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.quarantines import Quarantine

log = logging.getLogger(__name__)


def send_quarantine_notices(ledger: Ledger, quarantines: Iterable[Quarantine]) -> int:
    """Send the new ones. Returns how many; never raises: the DAG ``sellerops__quarantine`` sends the rest."""
    from sellerops.notices.quarantine import group_by_document, quarantine_notice

    sent = 0
    for group in group_by_document(quarantines):
        with BestEffort(f"notice of quarantine {group[0].id}"):
            notice = quarantine_notice(group, required_actions_url(), _family(group[0].report))
            sent += send_notice(ledger, notice)
    return sent


def _family(report: str) -> str:
    """The report's family; empty when its spec is removed or invalid."""
    from sellerops.base.errors import ConfigurationError
    from sellerops.settings.specs import load_spec

    try:
        return load_spec(report).family
    except ConfigurationError as error:
        log.warning("%s: %s", report, error)
        return ""


def required_actions_url() -> str:
    """Airflow's page *Required Actions*, where people decide about quarantined documents."""
    base = str(conf.get("api", "base_url", fallback="") or "http://localhost:8080").rstrip("/")
    return f"{base}/required_actions"
