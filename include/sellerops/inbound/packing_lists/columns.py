"""The columns of a packing list, and the headings that people give them (docs/inbound.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sellerops.inbound.packing_lists.cells import CellError, Unreadable, Value, unit_of


class Column(StrEnum):
    """A column by the name that the docs and messages use."""

    BOX = "box"
    BOXES = "boxes"
    SKU = "sku"
    QUANTITY = "quantity"
    LENGTH = "length"
    WIDTH = "width"
    HEIGHT = "height"
    DIMENSION_UNIT = "dimension unit"
    WEIGHT = "weight"
    WEIGHT_UNIT = "weight unit"
    EXPIRATION = "expiration"
    LOT = "lot"
    PREP_OWNER = "prep owner"
    LABEL_OWNER = "label owner"
    PREP_CATEGORY = "prep category"
    PREP_TYPES = "prep types"
    PALLETS = "pallets"
    STACKABLE = "stackable"


MEASURES = (Column.LENGTH, Column.WIDTH, Column.HEIGHT, Column.WEIGHT)
# What all rows of a box have in common: blank cells repeat the one above.
OF_A_BOX = (Column.BOXES, *MEASURES, Column.DIMENSION_UNIT, Column.WEIGHT_UNIT)
OF_ITEMS = (
    Column.SKU, Column.QUANTITY, Column.EXPIRATION, Column.LOT, Column.PREP_OWNER, Column.LABEL_OWNER,
    Column.PREP_CATEGORY, Column.PREP_TYPES,
)  # fmt: skip
PACKING_LIST = (Column.BOX, *OF_A_BOX, *OF_ITEMS)
PALLET_LIST = (Column.PALLETS, *MEASURES, Column.DIMENSION_UNIT, Column.WEIGHT_UNIT, Column.STACKABLE)

_HEADINGS = {
    Column.BOX: "box name;box number;box no;box id;box label;carton;carton number;carton no;carton id;karton",
    Column.BOXES: "count;box count;number of boxes;no of boxes;box quantity;cartons;number of cartons;"
    "carton count;identical boxes;anzahl kartons",
    Column.SKU: "msku;merchant sku;seller sku;händler sku",
    Column.QUANTITY: "quantity per box;quantity in box;qty;qty per box;units;units per box;units in box;"
    "quantity per carton;units per carton;menge;stück;menge pro karton",
    Column.LENGTH: "box length;carton length;länge",
    Column.WIDTH: "box width;carton width;breite",
    Column.HEIGHT: "box height;carton height;höhe",
    Column.DIMENSION_UNIT: "dimensions unit;unit of dimensions;dimension units;length unit;unit of length",
    Column.WEIGHT: "box weight;carton weight;gross weight;gewicht",
    Column.WEIGHT_UNIT: "unit of weight;weight units",
    Column.EXPIRATION: "expiration date;expiry;expiry date;best before;best before date;use by;mhd",
    Column.LOT: "lot code;lot number;lot no;batch;batch number;manufacturing lot code;charge",
    Column.PREP_OWNER: "prep owned by;who preps",
    Column.LABEL_OWNER: "labeling owner;labelling owner;who labels",
    Column.PREP_CATEGORY: "preparation category",
    Column.PREP_TYPES: "prep type;prep",
    Column.PALLETS: "count;pallet count;number of pallets;quantity;qty;paletten",
    Column.STACKABLE: "is stackable;stackability",
}
_HINT = re.compile(r"[(\[](.{1,20}?)[)\]]\s*$")


@dataclass(frozen=True)
class Heading:
    """A recognised heading. ``unit``: from a heading such as ``weight (kg)``; ``date_order``: likewise."""

    column: Column
    text: str
    unit: str | None = None
    date_order: str | None = None


def recognise(cell: Value, columns: tuple[Column, ...]) -> Heading | None:
    """The column that a heading names, whatever its case and punctuation; None if it names none of them."""
    if cell is None or isinstance(cell, Unreadable):
        return None
    text = str(cell).strip()
    hint = _HINT.search(text)
    name = _plain(text[: hint.start()] if hint else text)
    for column in columns:
        if name in (column.value, *_HEADINGS[column].split(";")):
            return Heading(column, text, *_meaning(hint[1] if hint else ""))
    return None


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def _meaning(hint: str) -> tuple[str | None, str | None]:
    """Unit and date order in the brackets of a heading; other words are ignored."""
    order = "".join(re.findall(r"([dmy])\1*", hint.casefold())) if "y" in hint.casefold() else ""
    if order in ("mdy", "dmy"):
        return None, order
    try:
        return unit_of(hint), None
    except CellError:
        return None, None
