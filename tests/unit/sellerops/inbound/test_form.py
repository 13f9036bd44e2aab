"""The form's values as people and programs give them, and everything that is wrong with them at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.packing_lists import BOX, HEADINGS, csv_of

from sellerops.base.errors import InvalidRequest
from sellerops.inbound.models import Carrier, InboundRequest, Shipping
from sellerops.inbound.requests import form
from sellerops.inbound.requests.form import parse_form
from sellerops.inbound.requests.form_fields import TITLES
from sellerops.inbound.requests.packing_list_folder import read_file
from sellerops.inbound.settings import INBOUND, InboundSettings

READY = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
FILLED: dict[str, Any] = {
    "account": "northwind_na",
    "marketplace": "US",
    "source_address": "dallas",
    "name": "December",
    "ready": f"{READY} 14:00",
    "items": "sku,quantity\nA,3\nB,4\n",
}
BOXES = [
    {"box": 1, "sku": "A", "quantity": 3, "length": 10, "width": 8, "height": 6, "dimension_unit": "IN",
     "weight": 9, "weight_unit": "LB"},
    {"box": 1, "sku": "B", "quantity": 4},
]  # fmt: skip


def parse(**changes: Any) -> InboundRequest:
    return parse_form({**FILLED, **changes})


def problems(**values: Any) -> dict[str, str]:
    """Cause and remedy by place."""
    with pytest.raises(InvalidRequest) as caught:
        parse_form(values)
    return {each["place"]: f"{each['cause']} {each['remedy']}" for each in caught.value.details["problems"]}


def test_a_form_with_the_fewest_fields_is_a_request_to_pack_later_by_parcel() -> None:
    made = parse()
    assert (made.account_id, made.marketplace, made.source_address) == ("northwind_na", "US", "dallas")
    assert [(item.sku, item.quantity) for item in made.items] == [("A", 3), ("B", 4)]
    assert (made.pack_later, made.shipping, made.carrier) == (True, Shipping.SPD, Carrier.CHEAPEST)
    assert made.name == "December"
    assert not made.dry_run


def test_fields_that_stayed_empty_are_null_or_blank() -> None:
    empty = {key: None for key in TITLES if key not in FILLED}
    assert parse(**empty) == parse() == parse(boxes="", pallets=" ", contact="", declared_value="")


def test_every_field_arrives_in_the_request() -> None:
    made = parse(
        packing="now",
        boxes=BOXES,
        shipping="ltl",
        carrier="Partnered",
        preferred_carriers="UPSN; FedEx Freight,UPSN",
        contact="dallas_dock",
        pallets="count,length (in),width (in),height (in),weight (lb)\n2,48,40,60,600",
        freight_class="77.5",
        declared_value="1,200.50",
        dry_run="true",
    )
    assert not made.pack_later
    assert (made.shipping, made.carrier) == (Shipping.LTL, Carrier.PARTNERED)
    assert made.preferred_carriers == ("UPSN", "FedEx Freight")
    assert made.contact == "dallas_dock"
    assert [(each.count, each.weight) for each in made.pallets] == [(2, 600)]
    assert made.freight_class == "FC_77_5"
    assert made.declared_value == Decimal("1200.50")
    assert made.dry_run
    assert made.boxes[0].place == "Boxes, entry 1"


def test_a_rest_call_sends_lists_where_the_form_has_text() -> None:
    made = parse(
        items=[{"sku": "A", "quantity": 3}, {"sku": "B", "quantity": "4"}],
        boxes=BOXES,
        pallets=[],
        preferred_carriers=["UPSN"],
        dry_run=False,
    )
    assert made.items == parse().items
    assert sum(each.quantity for each in made.boxes[0].contents) == 7
    assert not made.pack_later


def test_boxes_alone_are_items_and_boxes() -> None:
    made = parse(items=None, boxes=BOXES)
    assert [(item.sku, item.quantity) for item in made.items] == [("A", 3), ("B", 4)]


@pytest.mark.parametrize("written", ["70", "class 70", "FC_70", "fc 70", "70.0"])
def test_a_freight_class_may_be_written_as_its_number(written: str) -> None:
    assert parse(freight_class=written).freight_class == "FC_70"


@pytest.mark.parametrize(
    ("written", "hour", "zone"),
    [
        (f"{READY} 14:00", 14, ZoneInfo("America/Chicago")),
        (f"{READY}T14:00", 14, ZoneInfo("America/Chicago")),
        (READY, 0, ZoneInfo("America/Chicago")),
        (f"{READY}T14:00:00+00:00", 14, UTC),
        (f"{READY}T14:00:00Z", 14, UTC),
    ],
)
def test_the_ready_time_is_in_the_zone_of_the_address_unless_it_says_otherwise(
    written: str, hour: int, zone: ZoneInfo
) -> None:
    assert parse(ready=written).ready_at == datetime.fromisoformat(READY).replace(hour=hour, tzinfo=zone)


def test_a_ready_day_may_be_written_as_in_germany() -> None:
    day = datetime.fromisoformat(READY)
    assert parse(ready=f"{day:%d.%m.%Y} 08:30").ready_at.strftime("%Y-%m-%d %H:%M") == f"{READY} 08:30"


def test_an_empty_form_names_every_field_that_is_needed() -> None:
    found = problems()
    assert list(found) == ["Account", "Marketplace", "Ships from", "Ready to ship on", "Name"]
    assert (
        found["Ready to ship on"] == "is empty. Enter a date, or a date and a time, such as 2026-12-01 14:00."
    )


def test_values_that_cannot_be_read_are_named_together_with_what_is_wrong_otherwise() -> None:
    found = problems(**{
        **FILLED, "account": "northwind_us", "ready": "soon", "shipping": "ship", "carrier": "ups",
        "packing": "never", "declared_value": "much", "dry_run": "maybe", "name": "x" * 40, "contact": ["a"],
        "items": "sku,quantity\nA,many", "color": "red",
    })  # fmt: skip
    expected = {
        "color": "is not a field of the form",
        "Items, line 2, column quantity": "'many' is not a whole number",
        "Ready to ship on": "'soon' is not a date or a date and time. Write it as 2026-12-01",
        "Shipping": "unknown value 'ship'. Use one of SPD, LTL, FTL.",
        "Carrier": "unknown value 'ups'. Use one of partnered, own, cheapest.",
        "Packing": "unknown value 'never'. Use one of now, later.",
        "Declared value": "'much' is not a number",
        "Dry run": "'maybe' is neither yes nor no",
        "Contact": "is not text",
        "Account": "unknown account 'northwind_us'",
        "Name": "the name has 40 characters",
    }
    assert set(expected) <= set(found)
    for place, text in expected.items():
        assert text in found[place]


@pytest.mark.parametrize(
    ("changes", "place", "cause"),
    [
        ({"packing_list_file": "us_parcels.csv"}, "Packing list file", "but Items is filled in, too"),
        ({"items": {"sku": "A"}}, "Items", "is not a list"),
        ({"items": "nonsense"}, "Items", "no headings of packing list columns"),
        ({"pallets": "two"}, "Pallets", "no pallets below its headings"),
        ({"pallets": 3}, "Pallets", "is not a list"),
        ({"declared_value": "3 kg"}, "Declared value", "has a unit"),
    ],
)
def test_lists_that_cannot_be_read_are_named(changes: dict[str, Any], place: str, cause: str) -> None:
    found = problems(**{**FILLED, **changes})
    assert cause in found[place]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The packing list folder of the configuration."""
    shelf = tmp_path / "lists"
    shelf.mkdir()
    settings = INBOUND.read().model_copy(update={"packing_list_folder": str(shelf)})
    monkeypatch.setattr(form, "INBOUND", _Fixed(settings))
    return shelf


class _Fixed:
    def __init__(self, settings: InboundSettings) -> None:
        self._settings = settings

    def load(self) -> InboundSettings:
        return self._settings


def test_a_packing_list_comes_from_the_configured_folder(folder: Path) -> None:
    (folder / "week 49").mkdir()
    (folder / "week 49" / "list.csv").write_bytes(csv_of(HEADINGS, BOX))
    made = parse(items=None, packing_list_file="week 49/list.csv")
    assert [(item.sku, item.quantity, item.place) for item in made.items] == [("A-1", 12, "list.csv, line 2")]
    assert not made.pack_later


def test_the_problems_of_a_file_join_those_of_the_form(folder: Path) -> None:
    (folder / "list.csv").write_bytes(csv_of(HEADINGS, (*BOX[:3], "x", *BOX[4:])))
    found = problems(**{**FILLED, "items": None, "packing_list_file": "list.csv", "name": ""})
    assert set(found) == {"list.csv, line 2, column quantity", "Name"}


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("missing.csv", "the file 'missing.csv' is not in"),
        ("../secret.csv", "not the name of a file in the packing list folder"),
        ("/etc/passwd", "not the name of a file in the packing list folder"),
        ("..\\secret.csv", "not the name of a file in the packing list folder"),
        ("s3://other/list.csv", "not the name of a file in the packing list folder"),
        ("link.csv", "a link to a file outside the packing list folder"),
        ("folder", "cannot be read"),
    ],
)
def test_only_files_of_the_folder_are_read(folder: Path, name: str, cause: str) -> None:
    (folder.parent / "secret.csv").write_text("sku,quantity\nA,1\n")
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    (folder / "folder").mkdir()
    found = problems(**{**FILLED, "items": None, "packing_list_file": name})
    assert cause in found["Packing list file"]


def test_the_folder_may_be_any_fsspec_address() -> None:
    import fsspec

    with fsspec.open("memory://lists/december/a.csv", "wb") as file:
        file.write(b"sku,quantity\nA,1\n")
    assert read_file("memory://lists", "december/a.csv") == b"sku,quantity\nA,1\n"
    with pytest.raises(InvalidRequest, match=r"the file 'b\.csv' is not in"):
        read_file("memory://lists", "b.csv")
    with pytest.raises(InvalidRequest, match="cannot be read"):
        read_file("nowhere://lists", "a.csv")
    with pytest.raises(InvalidRequest, match="no folder for packing lists is configured"):
        read_file(None, "a.csv")
