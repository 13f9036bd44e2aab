"""The notice of a quarantined document: which one, why, and where you decide about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sellerops.base.redaction import redact
from sellerops.ledger.quarantines import Quarantine
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape

_LONGEST = 600


def group_by_document(quarantines: Iterable[Quarantine]) -> list[list[Quarantine]]:
    """Group the quarantines, one per table, by document, because a document gets one notice."""
    groups: dict[str, list[Quarantine]] = {}
    for each in quarantines:
        groups.setdefault(_key(each), []).append(each)
    return list(groups.values())


def quarantine_notice(quarantines: Sequence[Quarantine], url: str, family: str = "") -> Notice:
    """One notice for one document. ``quarantines``: one per table; ``url``: the page where you decide."""
    first = quarantines[0]
    headline = f"{first.report} quarantined: {first.account_id} {first.slice['label']}"
    sections = [
        *(
            f"`{each.table_name}` (no. {each.id}): {escape(redact(each.reason))}"[:_LONGEST]
            for each in quarantines
        ),
        "Nothing of it was stored; the existing rows stay. Next: compare with Seller Central, then "
        f"<{url}|release or reject it>, or `sellerops quarantine release {first.id}`.",
    ]
    return Notice.build(
        _key(first),
        Event.QUARANTINE,
        headline,
        sections,
        family=family,
        account_ids=(first.account_id,),
        report=first.report,
    )


def _key(each: Quarantine) -> str:
    days = f"{each.first_day}|{each.last_day}"
    return f"quarantine|{each.report}|{each.account_id}|{each.place}|{days}|{each.reported_at.isoformat()}"
