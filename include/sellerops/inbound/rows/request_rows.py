"""A request in the ledger: its values, its items and its boxes."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import FormError
from sellerops.inbound.models import Box, InboundRequest, Item

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from sellerops.inbound.inbound_run import InboundRun
    from sellerops.ledger.database import Connection

# The longest plan name that Amazon accepts.
_NAME_LENGTH = 40


def plan_name(wanted: str, inbound_run_id: int) -> str:
    """The plan's name at Amazon: unique in the account, so that a plan whose id was lost can be found."""
    ending = f" #{inbound_run_id}"
    return wanted[: _NAME_LENGTH - len(ending)].rstrip() + ending


def request_values(request: InboundRequest) -> dict[str, Any]:
    """A request as plain JSON values; ``request_from`` reads them."""
    return dict(_requests().dump_python(request, mode="json"))


def request_from(values: Any) -> InboundRequest:
    return _requests().validate_python(values)


def digest_of(request: InboundRequest) -> str:
    """A digest that tells two requests apart; their notes and the places of their values do not count."""
    values = request_values(request)
    values.pop("notes")
    for each in (*values["items"], *values["boxes"], *values["pallets"]):
        each.pop("place")
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


# pydantic takes a moment to import and to build these; the triggerer does that in a thread.
@cache
def _requests() -> TypeAdapter[InboundRequest]:
    from pydantic import TypeAdapter

    return TypeAdapter(InboundRequest)


def box_values(boxes: tuple[Box, ...]) -> list[dict[str, Any]]:
    """Boxes as plain JSON values."""
    return [dict(_boxes().dump_python(box, mode="json")) for box in boxes]


@cache
def _boxes() -> TypeAdapter[Box]:
    from pydantic import TypeAdapter

    return TypeAdapter(Box)


def write_items(connection: Connection, inbound_run_id: int, items: tuple[Item, ...]) -> None:
    """Replace the items of a run, within the caller's transaction."""
    connection.execute("DELETE FROM sellerops.inbound_box_item WHERE inbound_run_id = %s", (inbound_run_id,))
    connection.execute("DELETE FROM sellerops.inbound_item WHERE inbound_run_id = %s", (inbound_run_id,))
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO sellerops.inbound_item
                (inbound_run_id, line, sku, quantity, prep_owner, label_owner, expiration, lot)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (
                    inbound_run_id,
                    line,
                    item.sku,
                    item.quantity,
                    item.prep_owner,
                    item.label_owner,
                    item.expiration,
                    item.lot,
                )
                for line, item in enumerate(items, 1)
            ],
        )


def write_boxes(connection: Connection, inbound_run_id: int, boxes: tuple[Box, ...]) -> None:
    """Replace the boxes of a run; their contents refer to the first line of each SKU."""
    connection.execute("DELETE FROM sellerops.inbound_box WHERE inbound_run_id = %s", (inbound_run_id,))
    lines = connection.execute(
        "SELECT sku, min(line) AS line FROM sellerops.inbound_item WHERE inbound_run_id = %s GROUP BY sku",
        (inbound_run_id,),
    ).fetchall()
    line_of = {row["sku"]: row["line"] for row in lines}
    with connection.cursor() as cursor:
        for number, box in enumerate(boxes, 1):
            cursor.execute(
                """
                INSERT INTO sellerops.inbound_box
                    (inbound_run_id, box, name, boxes, length, width, height, dimension_unit, weight,
                     weight_unit)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                """,
                (
                    inbound_run_id,
                    number,
                    box.name,
                    box.count,
                    box.length,
                    box.width,
                    box.height,
                    box.dimension_unit,
                    box.weight,
                    box.weight_unit,
                ),
            )
            units: dict[str, int] = {}
            for content in box.contents:
                units[content.sku] = units.get(content.sku, 0) + content.quantity
            cursor.executemany(
                "INSERT INTO sellerops.inbound_box_item (inbound_run_id, box, line, quantity) "
                "VALUES (%s, %s, %s, %s)",
                [(inbound_run_id, number, line_of[sku], quantity) for sku, quantity in units.items()],
            )


def other_request(run: InboundRun) -> FormError:
    """The error for a run id whose inbound run was made from another request.

    A deleted DAG run was triggered again under its id, or its form was changed after its plan was made.
    """
    return FormError(
        f"the run id {run.run_id!r} belongs to inbound run {run.id} (plan {run.name!r}), which was made from "
        "another form. Nothing was created for this one.",
        where=f"{run.dag_id}, run id {run.run_id}",
        remedy=f"Trigger {run.dag_id} again with another run id, or leave the run id empty.",
    )
