"""Telling people, once, that a document waits for them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from airflow.sdk import conf

from sellerops_airflow.notifiers import send_notice

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.quarantines import Quarantine

log = logging.getLogger(__name__)


def send_quarantine_notices(ledger: Ledger, held: Iterable[Quarantine]) -> int:
    """Tell of what has not been told yet; how many messages. Never raises: the DAG that asks tells again."""
    from sellerops.notices.quarantine import group_by_document, quarantine_notice

    sent = 0
    for group in group_by_document(held):
        try:
            sent += send_notice(
                ledger, quarantine_notice(group, required_actions_url(), _family(group[0].report))
            )
        except Exception:
            # The load's end must not depend on what is said of it, nor one message on another.
            log.exception("Nobody was told of quarantine %s", group[0].id)
    return sent


def _family(report: str) -> str:
    """The report's family; empty when its spec is gone."""
    from sellerops.base.errors import ConfigurationError
    from sellerops.settings.specs import load_spec

    try:
        return load_spec(report).family
    except ConfigurationError as error:
        log.warning("%s: %s", report, error)
        return ""


def required_actions_url() -> str:
    """The page of Airflow that lists what waits for people."""
    base = str(conf.get("api", "base_url", fallback="") or "http://localhost:8080").rstrip("/")
    return f"{base}/required_actions"
