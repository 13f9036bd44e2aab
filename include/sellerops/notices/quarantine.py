"""The notice that a document waits for a person: which, why, and where to decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sellerops.base.redaction import redact
from sellerops.ledger.quarantines import Quarantine
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape, slack_blocks

_LONGEST = 600


def group_by_document(held: Iterable[Quarantine]) -> list[list[Quarantine]]:
    """The tables that one document is kept out of, together: people are told once of a document."""
    groups: dict[str, list[Quarantine]] = {}
    for each in held:
        groups.setdefault(_key(each), []).append(each)
    return list(groups.values())


def quarantine_notice(held: Sequence[Quarantine], url: str, family: str = "") -> Notice:
    """One notice for one document; ``held`` are the tables it is kept out of, ``url`` where one decides."""
    first = held[0]
    headline = f"{first.report} waits for you: {first.account_id} {first.slice['label']}"
    sections = [
        *(f"`{each.table_name}` (no. {each.id}): {escape(redact(each.reason))}"[:_LONGEST] for each in held),
        "Nothing of it was stored, the rows that were there stay. Next: compare with Seller Central, then "
        f"<{url}|release or reject it>, or `sellerops quarantine release {first.id}`.",
    ]
    return Notice(
        _key(first),
        Event.QUARANTINE,
        "\n".join([headline, *sections]),
        slack_blocks(headline, sections),
        family=family,
        account_ids=(first.account_id,),
        report=first.report,
    )


def _key(each: Quarantine) -> str:
    days = f"{each.first_day}|{each.last_day}"
    return f"quarantine|{each.report}|{each.account_id}|{each.place}|{days}|{each.reported_at.isoformat()}"
