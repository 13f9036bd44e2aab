"""Labels of boxes and pallets, and bills of lading (v0), as PDF files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import ApiError
from amazon_sandbox.inbound import lifecycle, shipment_views
from amazon_sandbox.inbound.calls import now_of, store_of
from amazon_sandbox.inbound.contents import Box
from amazon_sandbox.inbound.item_labels import A4_SIZE, LETTER_SIZE, MOST_LABELS, store_pdf
from amazon_sandbox.inbound.options import SMALL_PARCEL
from amazon_sandbox.inbound.pdf import Page
from amazon_sandbox.inbound.records import PlanRecord, ShipmentRecord
from amazon_sandbox.inbound.shapes import bad_request
from amazon_sandbox.inbound.v0_shipments import find_shipment
from amazon_sandbox.simulation.addresses import centre_address
from amazon_sandbox.sp_api import queries
from amazon_sandbox.sp_api.operations import Answer, Operation

_LETTER = (
    "PackageLabel_Letter_2", "PackageLabel_Letter_4", "PackageLabel_Letter_6",
    "PackageLabel_Letter_6_CarrierLeft",
)  # fmt: skip
_A4 = ("PackageLabel_A4_2", "PackageLabel_A4_4")
_ANYWHERE = (
    "PackageLabel_Plain_Paper", "PackageLabel_Plain_Paper_CarrierBottom", "PackageLabel_Thermal",
    "PackageLabel_Thermal_Unified", "PackageLabel_Thermal_NonPCP", "PackageLabel_Thermal_No_Carrier_Rotation",
)  # fmt: skip
PAGE_TYPES = (*_LETTER, *_A4, *_ANYWHERE)
LABEL_TYPES = ("BARCODE_2D", "UNIQUE", "PALLET")
_ONLY_PARTNERED = frozenset((
    "PackageLabel_Letter_6_CarrierLeft", "PackageLabel_Plain_Paper_CarrierBottom",
    "PackageLabel_Thermal_Unified", "PackageLabel_Thermal_No_Carrier_Rotation",
))  # fmt: skip
_ONLY_OWN = frozenset(("PackageLabel_Thermal_NonPCP",))
_LABELS_A_PALLET = 4
_THERMAL_SIZE = (288, 432)


class _Wanted(NamedTuple):
    page_type: str
    label_type: str
    packages: int | None
    boxes: tuple[str, ...]
    pallets: int | None
    size: int | None
    first: int


async def get_labels(call: Operation) -> Answer:
    """v0 getLabels: a URL of a PDF. The first call makes the shipment READY_TO_SHIP."""
    wanted = _read(call.request.query_params)
    plan, shipment = await _confirmed(call)
    _check_page(plan, shipment, wanted)
    pages = _pallet_pages(plan, shipment, wanted) if wanted.label_type == "PALLET" else None
    pages = pages or _box_pages(plan, shipment, wanted)
    name = f"{shipment.confirmation_id}-{wanted.label_type.lower()}"
    answer = await _stored(call, name, pages)
    if lifecycle.print_labels(shipment, now_of(call)):
        plan.changes.append(now_of(call))
        store_of(call).show()
    return answer


async def get_bill_of_lading(call: Operation) -> Answer:
    """v0 getBillOfLading: for freight with Amazon's partnered carrier."""
    plan, shipment = await _confirmed(call)
    carrier = shipment.transportation
    if carrier is None or not carrier.is_partnered or carrier.mode == SMALL_PARCEL:
        raise bad_request(
            "ERROR: A bill of lading exists for Amazon-partnered LTL and FTL shipments only.",
            shipment.confirmation_id or "",
        )
    reference = shipment_views.shipment_details(plan, shipment, now_of(call)).get("amazonReferenceId", "")
    page = Page(
        (
            "BILL OF LADING",
            f"Amazon reference {reference}",
            f"Shipment {shipment.confirmation_id}",
            f"Carrier {carrier.carrier} ({carrier.alpha_code})",
            f"Pallets {sum(pallet.quantity for pallet in shipment.pallets)}",
            f"Boxes {len(shipment.boxes or ())}",
            *_addresses(plan, shipment),
        ),
        reference,
        *LETTER_SIZE,
    )
    return await _stored(call, f"{shipment.confirmation_id}-bill-of-lading", [page])


def _read(query: QueryParams) -> _Wanted:
    queries.needed(query, "PageType")
    queries.needed(query, "LabelType")
    return _Wanted(
        queries.choice(query, "PageType", PAGE_TYPES) or "",
        queries.choice(query, "LabelType", LABEL_TYPES) or "",
        _count(query, "NumberOfPackages", 1, 999_999),
        queries.texts(query, "PackageLabelsToPrint", most=999),
        _count(query, "NumberOfPallets", 1, 999),
        _count(query, "PageSize", 1, MOST_LABELS),
        _count(query, "PageStartIndex", 0, 999_999) or 0,
    )


def _count(query: QueryParams, name: str, least: int, most: int) -> int | None:
    return queries.integer(query, name, least, most, least) if name in query else None


async def _confirmed(call: Operation) -> tuple[PlanRecord, ShipmentRecord]:
    """The shipment of the path by its confirmation id. Raises ApiError."""
    plan, shipment = await find_shipment(call, call.request.path_params["shipment_id"])
    if shipment.status(now_of(call)) in ("CANCELLED", "DELETED"):
        raise bad_request(f"ERROR: Shipment {shipment.confirmation_id} is cancelled.")
    return plan, shipment


def _check_page(plan: PlanRecord, shipment: ShipmentRecord, wanted: _Wanted) -> None:
    carrier, region = shipment.transportation, plan.storefront.marketplace.region
    sheets = (*_LETTER, *_ANYWHERE) if region == "NA" else (*_A4, *_ANYWHERE)
    is_partnered = carrier is not None and carrier.is_partnered
    excluded = _ONLY_OWN if is_partnered else _ONLY_PARTNERED
    if wanted.page_type not in sheets or wanted.page_type in excluded:
        accepted = [each for each in sheets if each not in excluded]
        raise bad_request(
            f"ERROR: PageType {wanted.page_type} is not supported for this shipment.",
            f"Accepted values: {', '.join(accepted)}",
        )
    is_freight = carrier is not None and carrier.mode != SMALL_PARCEL
    if wanted.label_type == "PALLET" and not is_freight:
        raise bad_request("ERROR: LabelType PALLET is for LTL and FTL shipments only.")
    if wanted.label_type == "PALLET" and wanted.pallets is None:
        raise queries.missing("NumberOfPallets")
    if is_freight and not is_partnered and wanted.label_type != "PALLET" and wanted.size is None:
        raise queries.missing("PageSize")


def _box_pages(plan: PlanRecord, shipment: ShipmentRecord, wanted: _Wanted) -> list[Page]:
    boxes = list(shipment.boxes or ())
    known = {box.box_id for box in boxes}
    if unknown := [box_id for box_id in wanted.boxes if box_id not in known]:
        raise ApiError(
            400,
            "IncorrectPackageIdentifier",
            "The package identifiers do not match those of the shipment.",
            ", ".join(unknown)[:500],
        )
    if wanted.boxes:
        boxes = [box for box in boxes if box.box_id in wanted.boxes]
    boxes = boxes[: wanted.packages] if wanted.packages else boxes
    boxes = boxes[wanted.first :][: wanted.size or MOST_LABELS]
    if not boxes:
        raise bad_request("ERROR: There are no package labels in this range.")
    return _sheets(wanted.page_type, [_box_label(plan, shipment, box) for box in boxes])


def _box_label(plan: PlanRecord, shipment: ShipmentRecord, box: Box) -> tuple[list[str], str]:
    carrier = shipment.transportation
    contents = [f"{line.msku} x {line.quantity}" for line in box.items[:4]]
    weight = f"{box.weight['value']} {box.weight['unit']}"
    lines = [
        f"FBA  {shipment.name}",
        *_addresses(plan, shipment),
        f"{box.box_id}   {weight}",
        f"Carrier {carrier.carrier if carrier else ''}",
        *contents,
    ]
    return lines, box.box_id or ""


def _pallet_pages(plan: PlanRecord, shipment: ShipmentRecord, wanted: _Wanted) -> list[Page]:
    count = wanted.pallets or 0
    labels = []
    for pallet in range(1, count + 1):
        lines = [
            f"FBA PALLET {pallet} of {count}",
            f"Shipment {shipment.confirmation_id}",
            *_addresses(plan, shipment),
        ]
        labels += [(lines, f"{shipment.confirmation_id}P{pallet:03d}")] * _LABELS_A_PALLET
    return _sheets(wanted.page_type, labels)


def _addresses(plan: PlanRecord, shipment: ShipmentRecord) -> list[str]:
    source = shipment.source_address
    centre = centre_address(shipment.centre, plan.storefront.marketplace.country)
    return [
        f"From {source['name']}, {source['addressLine1']}",
        f"{source['postalCode']} {source['city']}, {source['countryCode']}",
        f"To {centre.name}, {centre.line}",
        f"{centre.postal_code} {centre.city}, {centre.country}",
    ]


def _sheets(page_type: str, labels: Sequence[tuple[list[str], str]]) -> list[Page]:
    """A page per label on thermal paper; sheets show their labels below one another."""
    if "Thermal" in page_type:
        return [Page(lines, code, *_THERMAL_SIZE) for lines, code in labels]
    size = A4_SIZE if "A4" in page_type else LETTER_SIZE
    digit = page_type.split("_")[2] if page_type.count("_") > 1 else "1"
    count = int(digit) if digit.isdecimal() else 1
    pages = []
    for first in range(0, len(labels), count):
        lines = [line for text, _ in labels[first : first + count] for line in (*text, "")]
        pages.append(Page(lines[:44], labels[first][1], *size))
    return pages


async def _stored(call: Operation, name: str, pages: Sequence[Page]) -> Answer:
    url, _ = await store_pdf(call, name, pages)
    return 200, {"payload": {"DownloadURL": url}}
