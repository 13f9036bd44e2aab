"""The trigger forms of the FBA inbound DAGs.

Keys are those of ``sellerops.inbound.form``, which reads and checks the values: the same for the form, a REST
call and a restock proposal. Every field allows null so that it may stay empty: Airflow's UI marks all others
as required, and a missing value is reported together with all other problems. Airflow shows fields without a
section first; the sections are collapsed.
"""

from __future__ import annotations

from collections.abc import Mapping

from airflow.sdk import Param

from sellerops.inbound import form
from sellerops.inbound.models import Carrier, Shipping
from sellerops.inbound.settings import InboundSettings
from sellerops.settings.accounts import Account

_BOXES, _CARRIER, _FREIGHT = "Packing", "Carrier", "Pallets (LTL and FTL only)"
_FREIGHT_CLASSES = (
    "NONE", "FC_50", "FC_55", "FC_60", "FC_65", "FC_70", "FC_77_5", "FC_85", "FC_92_5", "FC_100", "FC_110",
    "FC_125", "FC_150", "FC_175", "FC_200", "FC_250", "FC_300", "FC_400", "FC_500",
)  # fmt: skip
INBOUND_RUN, REASON = "inbound_run_id", "reason"


def inbound_form(settings: InboundSettings, accounts: Mapping[str, Account]) -> dict[str, Param]:
    """The form of ``fba_inbound``."""
    ours = {name: account for name, account in accounts.items() if settings.addresses_of(name)}
    shops: dict[str, list[str]] = {}
    for name, account in ours.items():
        for each in account.marketplaces:
            shops.setdefault(each.code, []).append(name)
    addresses = {
        name: f"{name}: {each.city}, {each.country} ({', '.join(each.accounts)})"
        for name, each in settings.addresses.items()
    }
    contacts = {name: f"{name} ({', '.join(each.accounts)})" for name, each in settings.contacts.items()}
    return {
        form.ACCOUNT: _choice("Account", {name: name for name in ours}, "Whose stock is sent."),
        form.MARKETPLACE: _choice(
            "Marketplace",
            {code: f"{code} ({', '.join(names)})" for code, names in sorted(shops.items())},
            "Where it will be sold. A plan has one marketplace.",
        ),
        form.SOURCE_ADDRESS: _choice(
            "Ships from", addresses, "Addresses are defined in `config/inbound.yaml`."
        ),
        form.NAME: _text(
            "Name", "How you will recognise the plan in Seller Central and in notices.", maxLength=40
        ),
        form.READY: _text(
            "Ready to ship on",
            "Day, or day and time, at which the boxes are ready, in the time zone of the address: "
            "`2026-12-01` or `2026-12-01 14:00`.",
        ),
        form.PACKING_LIST_FILE: _text(
            "Packing list file",
            "A CSV or xlsx file in the packing list folder. Leave empty if you fill in the items below.",
        ),
        form.ITEMS: _table(
            "Items",
            "Instead of a file: CSV with a header line. Columns: `sku`, `quantity`; optional `expiration`, "
            "`lot`, `prep_owner`, `label_owner`, `prep_category`, `prep_types`.",
        ),
        form.DRY_RUN: Param(
            False,
            type=["null", "boolean"],
            title="Dry run",
            description="Get the offers and their costs, show them in the log, then cancel the plan.",
        ),
        form.PACKING: _choice(
            "Packing",
            {
                form.PACK_NOW: "Now: the boxes are known",
                form.PACK_LATER: "Later: boxes are packed once the destinations are known",
            },
            "Leave empty to pack now if boxes are given, and later if not.",
            section=_BOXES,
        ),
        form.BOXES: _table(
            "Boxes",
            "Instead of a file: CSV with a header line and one line per box and SKU. Columns: `box`, `sku`, "
            "`quantity` (in each box), `length`, `width`, `height`, `weight`; optional `count` (identical "
            "boxes), `dimension_unit` (CM or IN), `weight_unit` (KG or LB).",
            section=_BOXES,
        ),
        form.SHIPPING: _choice(
            "Shipping",
            {
                Shipping.SPD.value: "Parcels (SPD)",
                Shipping.LTL.value: "Pallets, part of a truck (LTL)",
                Shipping.FTL.value: "A full truck (FTL)",
            },
            "Leave empty for parcels.",
            section=_CARRIER,
        ),
        form.CARRIER: _choice(
            "Carrier",
            {
                Carrier.CHEAPEST.value: "Compare both",
                Carrier.PARTNERED.value: "Amazon's partnered carrier",
                Carrier.OWN.value: "Your own carrier",
            },
            "Leave empty to compare both.",
            section=_CARRIER,
        ),
        form.PREFERRED_CARRIERS: _text(
            "Preferred carriers",
            "Names or codes, best first, separated by commas. Leave empty for the cheapest.",
            section=_CARRIER,
        ),
        form.CONTACT: _choice(
            "Contact",
            contacts,
            "Whom the carrier calls; needed for pallets, and for parcels in some marketplaces.",
            section=_CARRIER,
        ),
        form.PALLETS: _table(
            "Pallets",
            "CSV with a header line. Columns: `length`, `width`, `height`, `weight`; optional `count`, "
            "`dimension_unit`, `weight_unit`, `stackable`.",
            section=_FREIGHT,
        ),
        form.FREIGHT_CLASS: _choice(
            "Freight class", {each: each for each in _FREIGHT_CLASSES}, "", section=_FREIGHT
        ),
        form.DECLARED_VALUE: Param(
            None,
            type=["null", "number", "string"],
            title="Declared value",
            description="Of all goods, in the marketplace's currency.",
            section=_FREIGHT,
        ),
    }


def run_field(description: str) -> Param:
    """The number of an inbound run."""
    return Param(None, type=["null", "integer"], minimum=1, title="Inbound run", description=description)


def _choice(title: str, labels: Mapping[str, str], description: str, **more: str) -> Param:
    return Param(
        None,
        type=["null", "string"],
        enum=[*labels, None],
        values_display={**labels, "None": ""},
        title=title,
        description=description,
        **more,
    )


def _text(title: str, description: str, **more: str | int) -> Param:
    return Param(None, type=["null", "string"], title=title, description=description, **more)


def _table(title: str, description: str, **more: str) -> Param:
    """CSV text in the form; a REST call may also send a list of objects."""
    return Param(
        None,
        type=["null", "string", "array"],
        format="multiline",
        title=title,
        description=description,
        **more,
    )
