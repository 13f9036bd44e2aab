"""The trigger forms of the FBA inbound DAGs.

Keys and titles are those of ``sellerops.inbound.requests.form_fields``: the same for the form, a REST call
and a restock proposal. ``sellerops.inbound.requests.form`` reads and checks the values. Every field allows
null so that it may stay empty: Airflow's UI marks all others as required, and a missing value is reported
together with all other problems. Airflow shows fields without a section first, and collapses the sections.
Descriptions are plain text: the form draws code over the line above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airflow.sdk import Param

from sellerops.inbound.api_values import FREIGHT_CLASSES
from sellerops.inbound.models import Carrier, Shipping
from sellerops.inbound.requests import form_fields as form
from sellerops.inbound.settings import InboundSettings
from sellerops.settings.accounts import Account

_PACKING, _CARRIER, _FREIGHT = "Packing", "Carrier", "Pallets (LTL and FTL)"
_PACKINGS = {
    form.PACK_NOW: "Now: you know what is in which box",
    form.PACK_LATER: "Later: you pack once you know the destinations",
}
_SHIPPINGS = {
    Shipping.SPD.value: "Parcels (SPD)",
    Shipping.LTL.value: "Pallets in a shared truck (LTL)",
    Shipping.FTL.value: "A full truck (FTL)",
}
_RUN = "The number after # in the shipment's name, as notices and the page Labels and shipment show it."
_CARRIERS = {
    Carrier.CHEAPEST.value: "Compare both",
    Carrier.PARTNERED.value: "Amazon's partnered carrier",
    Carrier.OWN.value: "Your own carrier",
}


def inbound_form(settings: InboundSettings, accounts: Mapping[str, Account]) -> dict[str, Param]:
    """The form of ``fba_inbound``."""
    fields = [
        *_main_fields(settings, [each for each in accounts.values() if settings.addresses_of(each.id)]),
        *_packing_fields(),
        *_carrier_fields(settings),
        *_freight_fields(),
    ]
    return dict(fields)


def cancel_form() -> dict[str, Param]:
    """The form of ``fba_inbound_cancel``."""
    return {
        "inbound_run_id": run_field(_RUN),
        "reason": Param(
            None, type=["null", "string"], title="Reason", description="Stored with the decision."
        ),
        "accept_charges": Param(
            False,
            type=["null", "boolean"],
            title="Accept charges",
            description="Cancel even if the carrier is no longer free to cancel. You then pay its charges.",
        ),
    }


def content_form() -> dict[str, Param]:
    """The form of ``fba_inbound_content_update``."""
    return {
        "inbound_run_id": run_field(_RUN),
        "shipment": Param(
            None,
            type=["null", "string"],
            title="Shipment",
            description="Amazon's number of the shipment, such as FBA15ABCDEFG.",
        ),
        "quantities": Param(
            None,
            type=["null", "string", "array"],
            format="multiline",
            title="Quantities",
            description="One line per SKU: the SKU and the new number of units in the shipment, such as "
            "NW-1,40. Other SKUs stay unchanged. Units are removed from, or added to, the last boxes "
            "with the SKU.",
        ),
    }


def run_field(description: str) -> Param:
    """The field for the number of an inbound run."""
    return Param(None, type=["null", "integer"], minimum=1, title="Inbound run", description=description)


def _main_fields(settings: InboundSettings, accounts: Iterable[Account]) -> list[tuple[str, Param]]:
    marketplaces: dict[str, list[str]] = {}
    for account in accounts:
        for each in account.marketplaces:
            marketplaces.setdefault(each.code, []).append(account.id)
    addresses = {
        name: f"{name} ({each.city}, {each.country}; {', '.join(each.accounts)})"
        for name, each in settings.addresses.items()
    }
    return [
        _choice(
            form.ACCOUNT, {each.id: each.id for each in accounts}, "The seller account whose stock you send."
        ),
        _choice(
            form.MARKETPLACE,
            {code: f"{code} ({', '.join(owners)})" for code, owners in sorted(marketplaces.items())},
            "Where the stock will be sold. Each plan is for one marketplace.",
        ),
        _choice(
            form.SOURCE_ADDRESS,
            addresses,
            "Where the boxes leave from. Addresses are defined in config/inbound.yaml.",
        ),
        _text(
            form.NAME,
            f"The plan's name in Seller Central and in notices, at most {form.LONGEST_NAME} characters.",
        ),
        _text(
            form.READY,
            "When the boxes can be picked up, in the address's time zone: 2026-12-01 or 2026-12-01 14:00.",
        ),
        _text(
            form.PACKING_LIST_FILE,
            "The name of a CSV or xlsx file in the packing list folder. Leave empty if you fill in Items or "
            "Boxes.",
        ),
        _table(
            form.ITEMS,
            "Instead of a file: one line per SKU, with commas between the values and the column names in "
            "the first line. Columns: sku, quantity, and if needed expiration, lot, prep owner, label "
            "owner, prep category, prep types. Leave empty if Boxes lists everything.",
        ),
        (
            form.DRY_RUN,
            Param(
                False,
                type=["null", "boolean"],
                title=form.TITLES[form.DRY_RUN],
                description="Only write Amazon's offers and their costs to the log, then cancel the plan. "
                "Nobody is asked.",
            ),
        ),
    ]


def _packing_fields() -> list[tuple[str, Param]]:
    return [
        _choice(
            form.PACKING, _PACKINGS, "Leave empty to pack now if you list boxes, and later if not.", _PACKING
        ),
        _table(
            form.BOXES,
            "Instead of a file: one line per box and SKU, with commas between the values and the column "
            "names in the first line. Columns: box, sku, quantity (in each box), boxes (number of "
            "identical boxes), length, width, height, "
            "dimension unit (CM, IN), weight, weight unit (KG, LB).",
            _PACKING,
        ),
    ]


def _carrier_fields(settings: InboundSettings) -> list[tuple[str, Param]]:
    contacts = {name: f"{name} ({', '.join(each.accounts)})" for name, each in settings.contacts.items()}
    return [
        _choice(form.SHIPPING, _SHIPPINGS, "Leave empty for parcels.", _CARRIER),
        _choice(form.CARRIER, _CARRIERS, "Leave empty to compare both.", _CARRIER),
        _text(
            form.PREFERRED_CARRIERS,
            "Names or codes separated by commas, the preferred one first. Leave empty for the cheapest.",
            _CARRIER,
        ),
        _choice(
            form.CONTACT,
            contacts,
            "The person the carrier can call. Required for pallets, and in some marketplaces for parcels.",
            _CARRIER,
        ),
    ]


def _freight_fields() -> list[tuple[str, Param]]:
    return [
        _table(
            form.PALLETS,
            "One line per kind of pallet, with commas between the values and the column names in the first "
            "line. Columns: pallets (number of identical pallets), length, width, height, dimension "
            "unit, weight, weight unit, stackable.",
            _FREIGHT,
        ),
        _choice(
            form.FREIGHT_CLASS,
            {each: each.removeprefix("FC_").replace("_", ".").capitalize() for each in FREIGHT_CLASSES},
            "The class of the goods. Without it Amazon offers no partnered carrier.",
            _FREIGHT,
        ),
        (
            form.DECLARED_VALUE,
            Param(
                None,
                type=["null", "string", "number"],
                title=form.TITLES[form.DECLARED_VALUE],
                description="The value of all goods, in the marketplace's currency.",
                section=_FREIGHT,
            ),
        ),
    ]


def _choice(key: str, labels: Mapping[str, str], description: str, section: str = "") -> tuple[str, Param]:
    choices = {"enum": [*labels, None], "values_display": {**labels, "None": ""}}
    return key, _field(key, description, section, **choices)


def _text(key: str, description: str, section: str = "") -> tuple[str, Param]:
    # REST calls may send a list for preferred carriers.
    more = {"type": ["null", "string", "array"]} if key == form.PREFERRED_CARRIERS else {}
    return key, _field(key, description, section, **more)


def _table(key: str, description: str, section: str = "") -> tuple[str, Param]:
    """CSV text; a REST call may also send a list of objects."""
    kinds = ["null", "string", "array"]
    return key, _field(key, description, section, type=kinds, format="multiline")


def _field(key: str, description: str, section: str, **schema: Any) -> Param:
    kind = schema.pop("type", ["null", "string"])
    shown: dict[str, Any] = {"section": section} if section else {}
    return Param(None, type=kind, title=form.TITLES[key], description=description, **shown, **schema)
