"""A seller's cases with Amazon's Seller Support: what was asked, and who said what when.

A case is opened every few days, at a time that depends only on its number; it changes with every contact and
when it is resolved. All names and addresses are invented. Times are UTC epoch seconds.
"""

from __future__ import annotations

from typing import NamedTuple

from amazon_sandbox.simulation.inventory import DAY
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import between, pick, token, uniforms

KEPT_DAYS = 731
RESOLVED, WITH_SELLER, WITH_AMAZON = "RESOLVED", "PENDING_MERCHANT_ACTION", "PENDING_AMAZON_ACTION"
EMAIL, CHAT, PHONE = "EMAIL", "CHAT", "PHONE"
SELLER, AMAZON = "SELLING_PARTNER", "AMAZON"
_EVERY_DAYS = 4
_RESOLVED_SHARE = 0.85
_ATTACHED_SHARE = 0.3
_HOUR = 3_600
# Channels by share; most cases are e-mails.
_CHANNELS = (EMAIL, EMAIL, EMAIL, EMAIL, EMAIL, CHAT, CHAT, PHONE)
_ASSOCIATES = ("Alex", "Billie", "Chris", "Dana")
_SUBJECTS = (
    ("Units missing from shipment {shipment}", "We sent 48 units and 45 were received. Please investigate."),
    ("Reimbursement for damaged units of {sku}", "Two units were damaged in your warehouse."),
    ("Listing {sku} was removed from search", "Please tell us which rule it breaks."),
    ("Storage fee of last month is too high", "The volume of {sku} was measured wrongly."),
    ("Question about the settlement of last week", "One line of it has no order."),
)


class Contact(NamedTuple):
    """One e-mail, chat or phone call. ``sender``: SELLER or AMAZON; ``text``: what was said."""

    contact_id: str
    channel: str
    at: int
    sender: str
    name: str
    text: str
    attachment: str | None


class Case(NamedTuple):
    """One case with all its contacts, oldest first, and when it was resolved, if ever."""

    case_id: str
    subject: str
    email: str
    copies: tuple[str, ...]
    phone: str | None
    contacts: tuple[Contact, ...]
    resolved_at: int | None

    @property
    def created_at(self) -> int:
        """The first contact's time."""
        return self.contacts[0].at

    def seen(self, now: int) -> tuple[Contact, ...]:
        """The contacts up to `now`."""
        return tuple(contact for contact in self.contacts if contact.at <= now)

    def status(self, now: int) -> str:
        """RESOLVED, or whose turn it is."""
        if self.resolved_at is not None and self.resolved_at <= now:
            return RESOLVED
        return WITH_AMAZON if self.seen(now)[-1].sender == SELLER else WITH_SELLER

    def updated_at(self, now: int) -> int:
        """When the case last changed."""
        changes = [contact.at for contact in self.seen(now)]
        return max([*changes, *([self.resolved_at] if self.resolved_at and self.resolved_at <= now else [])])

    def last_outbound_at(self, now: int) -> int | None:
        """When Amazon last wrote."""
        return max((contact.at for contact in self.seen(now) if contact.sender == AMAZON), default=None)


def cases_seen(storefront: Storefront, now: int) -> list[Case]:
    """The seller's cases of the last two years that were opened by `now`, oldest first. `storefront` must be
    the seller's first.
    """
    first, last = (now // DAY - KEPT_DAYS) // _EVERY_DAYS, now // DAY // _EVERY_DAYS
    found = (_case(storefront, number) for number in range(first, last + 1))
    return sorted((case for case in found if case.created_at <= now), key=lambda case: case.created_at)


def _case(storefront: Storefront, number: int) -> Case:
    key = (*storefront.key, number, "support")
    u = uniforms(*key)
    subject, question = pick(u[0], _SUBJECTS)
    words = {
        "sku": pick(u[1], storefront.listings).sku,
        "shipment": "FBA" + token("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", 9, *key, "shipment"),
    }
    opened = number * _EVERY_DAYS * DAY + int(u[2] * _EVERY_DAYS * DAY)
    company = storefront.account.replace("_", "-")
    contacts = _contacts(key, question.format(**words), opened, company)
    resolved = None
    if u[3] < _RESOLVED_SHARE:
        resolved = contacts[-1].at + int(between(u[4], 1, 48) * _HOUR)
    return Case(
        case_id=token("0123456789", 11, *key, "id"),
        subject=subject.format(**words),
        email=f"support@{company}.example",
        copies=(f"owner@{company}.example",) if u[5] < 0.4 else (),
        phone="202-555-01" + token("0123456789", 2, *key, "phone") if contacts[0].channel == PHONE else None,
        contacts=contacts,
        resolved_at=resolved,
    )


def _contacts(key: tuple[str | int, ...], question: str, opened: int, company: str) -> tuple[Contact, ...]:
    """The question, then alternating answers: Amazon always answers, the seller mostly."""
    u = uniforms(*key, "contacts")
    channel, associate = pick(u[0], _CHANNELS), pick(u[1], _ASSOCIATES)
    texts = [
        question,
        "Thank you for contacting us. We are looking into it.",
        "Is there any news?",
        "We have corrected it. Please reply if anything is missing.",
    ][: 2 + int(u[2] * 3)]
    found, at = [], opened
    for index, text in enumerate(texts):
        v = uniforms(*key, index, "contact")
        is_ours = index % 2 == 0
        found.append(
            Contact(
                contact_id=token("0123456789abcdef", 24, *key, index, "contact id"),
                channel=channel if index == 0 else EMAIL,
                at=at,
                sender=SELLER if is_ours else AMAZON,
                name=company if is_ours else associate,
                text=text,
                attachment=f"photo-{index + 1}.png" if v[0] < _ATTACHED_SHARE else None,
            )
        )
        at += int(between(v[1], 2, 40) * _HOUR)
    return tuple(found)
