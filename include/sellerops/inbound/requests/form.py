"""Reads the values of the trigger form of an FBA inbound run as a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sellerops.inbound.models import Carrier, InboundRequest, Shipping
from sellerops.inbound.packing_lists.cells import CellError, day_of, is_yes, measure_of
from sellerops.inbound.problems import Problems, quoted, raise_problems
from sellerops.inbound.requests.form_checks import check_form
from sellerops.inbound.requests.form_fields import (
    ACCOUNT,
    BOXES,
    CARRIER,
    CONTACT,
    DECLARED_VALUE,
    DRY_RUN,
    FREIGHT_CLASS,
    ITEMS,
    LONGEST_NAME,
    MARKETPLACE,
    NAME,
    PACK_LATER,
    PACK_NOW,
    PACKING,
    PACKING_LIST_FILE,
    PALLETS,
    PREFERRED_CARRIERS,
    READY,
    SHIPPING,
    SOURCE_ADDRESS,
    TITLES,
    place_of,
)
from sellerops.inbound.requests.form_lists import read_lists
from sellerops.inbound.requests.request_facts import Facts
from sellerops.inbound.settings import INBOUND, InboundSettings
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import all_marketplaces

T = TypeVar("T")

_CHOICES: dict[str, dict[str, Any]] = {
    PACKING: {PACK_NOW: PACK_NOW, PACK_LATER: PACK_LATER},
    SHIPPING: {each.value.casefold(): each for each in Shipping},
    CARRIER: {each.value: each for each in Carrier},
}


def parse_form(values: Mapping[str, Any]) -> InboundRequest:
    """The form's values as a request. Raises InvalidRequest with every value that cannot be used.

    ``items``, ``boxes`` and ``pallets`` are CSV texts as pasted into the form (columns as in a packing list),
    or lists of objects with the same columns as keys. ``ready``: ``2026-12-01 14:00`` in the time zone of the
    source address, or with an offset. ``preferred_carriers``: a list, or names separated by commas. Without
    ``packing`` the boxes are packed now if there are any.
    """
    settings = INBOUND.load()
    form = _Form({str(key): value for key, value in values.items()}, settings)
    request = form.request()
    problems = form.problems
    if problems:
        # Add the problems of the other fields, so that everything can be corrected at once.
        facts = Facts(settings, load_accounts(), all_marketplaces(), now=request.ready_at)
        named = tuple(each.place for each in problems)
        problems += [
            each
            for each in check_form(request, facts)
            if not any(place.startswith(each.place) for place in named)
        ]
    raise_problems(problems)
    return request


@dataclass
class _Form:
    """Reads the values, and notes those that cannot be read."""

    values: dict[str, Any]
    settings: InboundSettings
    problems: Problems = field(default_factory=Problems)

    def request(self) -> InboundRequest:
        """The request, with a placeholder for each value that was noted."""
        unknown = sorted(set(self.values) - set(TITLES))
        for key in unknown:
            self.problems.note(key[:60], "is not a field of the form.", f"Known: {', '.join(TITLES)}.")
        lists = read_lists(self.values, self.settings, self.problems)
        address = self.settings.addresses.get(self.text(SOURCE_ADDRESS) or "")
        packing = self.choice(PACKING)
        return InboundRequest(
            account_id=self.needed(ACCOUNT, "Choose the seller account."),
            marketplace=self.needed(MARKETPLACE, "Choose where the stock will be sold.").upper(),
            source_address=self.needed(SOURCE_ADDRESS, "Choose the address that the boxes leave from."),
            items=lists.items,
            boxes=lists.boxes,
            pallets=lists.pallets,
            ready_at=self.ready(address.zone if address else ZoneInfo("UTC")),
            name=self.needed(NAME, f"Enter a name of at most {LONGEST_NAME} characters."),
            pack_later=packing == PACK_LATER if packing else not lists.boxes,
            shipping=self.choice(SHIPPING) or Shipping.SPD,
            carrier=self.choice(CARRIER) or Carrier.CHEAPEST,
            preferred_carriers=self.names(PREFERRED_CARRIERS),
            freight_class=self.freight_class(),
            declared_value=self.money(DECLARED_VALUE),
            contact=self.text(CONTACT),
            dry_run=self.is_yes(DRY_RUN),
            notes=lists.notes,
        )

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        if isinstance(value, list | dict):
            self.problems.note(place_of(key), f"{quoted(value)} is not text.", "Enter text.")
            return None
        return (" ".join(str(value).split()) or None) if value is not None else None

    def needed(self, key: str, remedy: str) -> str:
        text = self.text(key)
        if text is None and not isinstance(self.values.get(key), list | dict):
            self.problems.note(place_of(key), "is empty.", remedy)
        return text or ""

    def choice(self, key: str) -> Any:
        text = self.text(key)
        if text is None:
            return None
        if text.casefold() not in _CHOICES[key]:
            known = ", ".join(str(each) for each in _CHOICES[key].values())
            self.problems.note(place_of(key), f"unknown value {quoted(text)}.", f"Use one of {known}.")
            return None
        return _CHOICES[key][text.casefold()]

    def names(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key)
        parts = value if isinstance(value, list) else str(value or "").replace(";", ",").split(",")
        return tuple(dict.fromkeys(name for part in parts if (name := " ".join(str(part).split()))))

    def freight_class(self) -> str | None:
        """Amazon's name for a class, from ``FC_77_5``, ``77.5`` or ``class 77.5``; checked later."""
        text = self.text(FREIGHT_CLASS)
        number = re.fullmatch(r"(?:class|fc)?[\s_]*(\d{2,3})(?:[._,](\d))?", (text or "").casefold())
        if not number:
            return text.upper() if text else None
        return f"FC_{number[1]}" + (f"_{number[2]}" if number[2] and number[2] != "0" else "")

    def money(self, key: str) -> Decimal | None:
        value = self.values.get(key)
        if value is None or value == "":
            return None
        try:
            number, unit = measure_of(str(value), ".")
        except CellError as error:
            self.problems.note(place_of(key), error.cause, error.remedy)
            return None
        if unit:
            self.problems.note(place_of(key), f"{quoted(value)} has a unit.", "Write only the number.")
            return None
        return number

    def is_yes(self, key: str) -> bool:
        value = self.values.get(key)
        try:
            return value if isinstance(value, bool) else is_yes(None if value is None else str(value))
        except CellError as error:
            self.problems.note(place_of(key), error.cause, error.remedy)
            return False

    def ready(self, zone: ZoneInfo) -> datetime:
        """The ready time; a day without a time begins at midnight of ``zone``."""
        value = self.values.get(READY)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=zone)
        text = self.needed(READY, "Enter a date, or a date and a time, such as 2026-12-01 14:00.")
        if text:
            try:
                moment = _moment(text)
                return moment if moment.tzinfo else moment.replace(tzinfo=zone)
            except (CellError, ValueError):
                self.problems.note(
                    place_of(READY),
                    f"{quoted(text)} is not a date or a date and time.",
                    "Write it as 2026-12-01 or 2026-12-01 14:00.",
                )
        return datetime.now(UTC)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace(" ", "T", 1) if " " in text else text)
    except ValueError:
        day, _, clock = text.partition(" ")
        found: date = day_of(day)
        return datetime.combine(found, time.fromisoformat(clock) if clock else time())


__all__ = [
    "ACCOUNT",
    "BOXES",
    "CARRIER",
    "CONTACT",
    "DECLARED_VALUE",
    "DRY_RUN",
    "FREIGHT_CLASS",
    "ITEMS",
    "LONGEST_NAME",
    "MARKETPLACE",
    "NAME",
    "PACKING",
    "PACKING_LIST_FILE",
    "PACK_LATER",
    "PACK_NOW",
    "PALLETS",
    "PREFERRED_CARRIERS",
    "READY",
    "SHIPPING",
    "SOURCE_ADDRESS",
    "TITLES",
    "parse_form",
]
