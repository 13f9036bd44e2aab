"""Support 2025-02-01: usage plans, and answers from the simulation's cases."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.simulation.documents import iso_utc
from amazon_sandbox.simulation.inventory import DAY
from amazon_sandbox.simulation.support import CHAT, EMAIL, RESOLVED, WITH_AMAZON, WITH_SELLER, Case, Contact

# Amazon publishes no usage plan for these; this is the sandbox's choice.
USAGE_PLANS = {
    "listCases": UsagePlan(1.0, 5),
    "getCase": UsagePlan(1.0, 5),
    "listContacts": UsagePlan(1.0, 5),
}
PATH = "/support/2025-02-01/cases"
MOST_RESULTS = 50
# No simulated case is ever TRANSFERRED.
STATUSES = (RESOLVED, "TRANSFERRED", WITH_SELLER, WITH_AMAZON)
SORT_FIELDS = (
    "CASE_ID",
    "STATUS",
    "SUBJECT",
    "PRIMARY_EMAIL",
    "CREATION_DATE",
    "LAST_OUTBOUND_DATE",
    "RESOLUTION_DATE",
)


def case(found: Case, now: int) -> dict[str, Any]:
    """One case as the model writes it; missing dates are left out."""
    resolved = found.resolved_at if found.status(now) == RESOLVED else None
    dates = {
        "createdDate": found.created_at,
        "lastUpdatedDate": found.updated_at(now),
        "resolvedDate": resolved,
        "lastOutboundDate": found.last_outbound_at(now),
    }
    return {
        "caseId": found.case_id,
        "status": found.status(now),
        "subject": found.subject,
        "primaryEmail": found.email,
        "ccEmails": list(found.copies),
        **({"appointments": [_appointment(found, found.phone)]} if found.phone else {}),
        **{name: written(moment) for name, moment in dates.items() if moment is not None},
    }


def contact(found: Contact) -> dict[str, Any]:
    """One contact, with the content of its channel."""
    entry: dict[str, Any] = {
        "contactId": found.contact_id,
        "channel": found.channel,
        "createdDate": written(found.at),
    }
    participant = {"displayName": found.name, "role": found.sender}
    attachments = [{"name": found.attachment, "downloadUrl": _link(found)}] if found.attachment else []
    if found.channel == EMAIL:
        entry["emailContent"] = {"sender": participant, "message": found.text, "attachments": attachments}
    elif found.channel == CHAT:
        message = {"timestamp": written(found.at), "type": "MESSAGE", "message": found.text}
        entry["chatContent"] = {
            "events": [message | {"participant": participant}],
            "transcript": f"{found.name}: {found.text}",
        }
    else:
        entry["phoneContent"] = {"callNotes": f"The seller says: {found.text}"}
    return entry


def written(moment: int) -> str:
    """UTC epoch seconds as Amazon writes them."""
    return iso_utc(moment)


def _appointment(found: Case, number: str) -> dict[str, Any]:
    return {
        "appointmentId": f"appt-{found.case_id}",
        "phoneNumber": {"countryCode": "US", "number": number},
        "callbackTiming": {
            "earliestCallbackTime": written(found.created_at),
            "latestCallbackTime": written(found.created_at + DAY),
        },
        "status": "COMPLETED",
    }


def _link(found: Contact) -> str:
    """A presigned link, which is a secret for 15 minutes."""
    return f"https://attachments.example.invalid/{found.contact_id}?X-Amz-Signature={found.contact_id[::-1]}"
