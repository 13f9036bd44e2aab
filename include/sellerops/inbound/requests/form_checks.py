"""Checks the fields of a request that are not lists: who ships, from where, when, and how."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from datetime import timedelta

from sellerops.inbound.api_values import FREIGHT_CLASSES
from sellerops.inbound.models import Carrier, InboundRequest, Pallet, Problem
from sellerops.inbound.problems import quoted
from sellerops.inbound.requests.form_fields import (
    ACCOUNT,
    CARRIER,
    CONTACT,
    DECLARED_VALUE,
    FREIGHT_CLASS,
    LONGEST_NAME,
    MARKETPLACE,
    NAME,
    PALLETS,
    READY,
    SHIPPING,
    SOURCE_ADDRESS,
    place_of,
)
from sellerops.inbound.requests.request_facts import Facts
from sellerops.inbound.setting_models import PalletLimit
from sellerops.inbound.units import length_in, weight_in

# Marketplaces for which the API cannot create plans.
_WITHOUT_INBOUND = ("BE", "IE", "ZA")
_MOST_PALLETS = 10_000
_LARGEST_MEASURE = 100_000
_FILE = "config/inbound.yaml"


def check_form(request: InboundRequest, facts: Facts) -> Iterator[Problem]:
    """Problems of a request's fields, in the order of the form."""
    yield from _check_account(request, facts)
    yield from _check_address(request, facts)
    yield from _check_name(request.name)
    yield from _check_ready(request, facts)
    yield from _check_contact(request, facts)
    yield from _check_freight(request, facts)


def _check_account(request: InboundRequest, facts: Facts) -> Iterator[Problem]:
    account = facts.accounts.get(request.account_id)
    if account is None:
        yield Problem(
            place_of(ACCOUNT),
            f"unknown account {quoted(request.account_id)}.",
            _suggest(request.account_id, facts.accounts),
        )
        return
    if request.marketplace not in facts.marketplaces:
        yield Problem(
            place_of(MARKETPLACE),
            f"unknown marketplace {quoted(request.marketplace)}.",
            _suggest(request.marketplace, [each.code for each in account.marketplaces]),
        )
    elif request.marketplace not in {each.code for each in account.marketplaces}:
        yield Problem(
            place_of(MARKETPLACE),
            f"{account.id} does not sell in {request.marketplace}.",
            f"Choose from {', '.join(each.code for each in account.marketplaces)}.",
        )
    elif request.marketplace in _WITHOUT_INBOUND:
        yield Problem(
            place_of(MARKETPLACE),
            f"Amazon's API cannot create shipments to {request.marketplace}.",
            "Create this one in Seller Central.",
        )


def _check_address(request: InboundRequest, facts: Facts) -> Iterator[Problem]:
    place, name = place_of(SOURCE_ADDRESS), request.source_address
    address = facts.settings.addresses.get(name)
    ours = facts.settings.addresses_of(request.account_id)
    if address is None:
        yield Problem(
            place, f"unknown address {quoted(name)}.", _suggest(name, ours or facts.settings.addresses)
        )
        return
    if request.account_id in facts.accounts and name not in ours:
        yield Problem(
            place,
            f"{request.account_id} may not ship from {name}.",
            f"Choose from {', '.join(ours)}." if ours else f"Add the account to the address in {_FILE}.",
        )
    if not address.phone:
        yield Problem(
            place,
            f"the address {name} has no phone number, and Amazon requires one.",
            f"Add `phone` to addresses.{name} in {_FILE}.",
        )
    if request.carrier is Carrier.PARTNERED and request.marketplace not in ("", address.country):
        yield Problem(
            place_of(CARRIER),
            f"Amazon's partnered carriers do not ship from {address.country} to {request.marketplace}.",
            f"Choose your own carrier, or an address in {request.marketplace}.",
        )


def _check_name(name: str) -> Iterator[Problem]:
    if len(name) > LONGEST_NAME:
        yield Problem(
            place_of(NAME),
            f"the name has {len(name)} characters; Amazon accepts 40, and the run's number is added to it.",
            f"Shorten it to {LONGEST_NAME} characters.",
        )
    if not name.isprintable():
        yield Problem(place_of(NAME), "the name has invisible characters.", "Type it again.")


def _check_ready(request: InboundRequest, facts: Facts) -> Iterator[Problem]:
    ready, days = request.ready_at, facts.settings.ready_within_days
    # A run that is cleared or retried on the same day must not fail because some hours have passed.
    if ready < facts.now - timedelta(days=1):
        yield Problem(
            place_of(READY),
            f"{ready:%Y-%m-%d %H:%M} is in the past.",
            "Enter the date on which the boxes will be ready.",
        )
    elif ready > facts.now + timedelta(days=days):
        yield Problem(
            place_of(READY),
            f"{ready:%Y-%m-%d} is more than {days} days ahead.",
            f"Enter an earlier date, or raise `ready_within_days` in {_FILE}.",
        )


def _check_contact(request: InboundRequest, facts: Facts) -> Iterator[Problem]:
    place, ours = place_of(CONTACT), facts.settings.contacts_of(request.account_id)
    choice = f"Choose from {', '.join(ours)}." if ours else f"Add one under `contacts` in {_FILE}."
    if request.contact is None:
        if request.shipping.is_freight:
            yield Problem(place, f"{request.shipping.value} needs a contact for the carrier.", choice)
        elif request.marketplace in facts.settings.contact_needed_in:
            yield Problem(place, f"shipments to {request.marketplace} need a contact.", choice)
    elif request.contact not in facts.settings.contacts:
        yield Problem(place, f"unknown contact {quoted(request.contact)}.", _suggest(request.contact, ours))
    elif request.account_id in facts.accounts and request.contact not in ours:
        yield Problem(place, f"{request.account_id} may not use the contact {request.contact}.", choice)


def _check_freight(request: InboundRequest, facts: Facts) -> Iterator[Problem]:
    shipping = request.shipping.value
    if not request.shipping.is_freight:
        if request.pallets:
            yield Problem(
                place_of(PALLETS),
                "parcels (SPD) have no pallets.",
                f"Choose LTL or FTL under {place_of(SHIPPING)}, or remove the pallets.",
            )
        if request.freight_class:
            yield Problem(place_of(FREIGHT_CLASS), "parcels (SPD) have no freight class.", "Leave it empty.")
        return
    if not request.pallets:
        yield Problem(
            place_of(PALLETS),
            f"{shipping} needs pallets: their number, dimensions and weight.",
            "Fill in Pallets, or add a sheet Pallets to the packing list.",
        )
    marketplace = facts.marketplaces.get(request.marketplace)
    limit = facts.settings.pallet_limit(marketplace) if marketplace else None
    for number, pallet in enumerate(request.pallets, 1):
        yield from _check_pallet(pallet, pallet.place or f"{place_of(PALLETS)}, entry {number}", limit)
    if request.freight_class and request.freight_class not in FREIGHT_CLASSES:
        yield Problem(
            place_of(FREIGHT_CLASS),
            f"unknown freight class {quoted(request.freight_class)}.",
            f"Use one of {', '.join(FREIGHT_CLASSES)}.",
        )
    if not request.freight_class and request.carrier is not Carrier.OWN:
        yield Problem(
            place_of(FREIGHT_CLASS),
            f"Amazon offers partnered carriers for {shipping} only with a freight class.",
            "Enter it, or choose your own carrier.",
        )
    if request.declared_value is not None and request.declared_value <= 0:
        yield Problem(place_of(DECLARED_VALUE), "is not above zero.", "Enter the value of the goods.")


def _check_pallet(pallet: Pallet, place: str, limit: PalletLimit | None) -> Iterator[Problem]:
    measures = (pallet.length, pallet.width, pallet.height, pallet.weight)
    if not all(0 < each <= _LARGEST_MEASURE for each in measures):
        yield Problem(place, "a length or weight is not above zero.", "Enter the measured values.")
    if not 1 <= pallet.count <= _MOST_PALLETS:
        yield Problem(place, f"{pallet.count} is not a number of pallets.", f"Enter 1 to {_MOST_PALLETS:,}.")
    if limit is None:
        return
    if weight_in(pallet.weight, pallet.weight_unit, limit.weight_unit) > limit.weight:
        most = f"{limit.weight} {limit.weight_unit}"
        yield Problem(place, f"a pallet is heavier than {most}.", "Put the boxes on more pallets.")
    if length_in(pallet.height, pallet.dimension_unit, limit.height_unit) > limit.height:
        most = f"{limit.height} {limit.height_unit}"
        yield Problem(place, f"a pallet is higher than {most}.", "Put the boxes on more pallets.")


def _suggest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name.casefold(), [each.casefold() for each in names], n=1)
    if close:
        return f"Did you mean {next(each for each in names if each.casefold() == close[0])}?"
    return f"Choose from {', '.join(names)}." if names else f"Add it to {_FILE}."
