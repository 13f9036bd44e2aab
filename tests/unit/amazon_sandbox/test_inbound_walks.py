"""Calls in any order, at any time, with any faults: nothing breaks, and what must hold holds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from support.inbound_api import ALL_READY, V0, Inbound
from support.sandbox_app import Api

from amazon_sandbox.inbound.store import InboundStore

Step = Callable[[Inbound, str, random.Random], Any]
FAULTS = ("operation_failed", "operation_slow", "option_vanished", "option_expired", "prices_changed")
ANSWERED = {200, 202, 204, 400, 404}


def ids(us: Inbound, plan: str, path: str, name: str) -> list[str]:
    answer = us.call("GET", f"{plan}/{path}").json()
    return [each[name] for rows in answer.values() if isinstance(rows, list) for each in rows]


def confirm(path: str, name: str) -> Step:
    def step(us: Inbound, plan: str, rng: random.Random) -> Any:
        found = ids(us, plan, path, name)
        return us.call("POST", f"{plan}/{path}/{rng.choice(found)}/confirmation") if found else None

    return step


def generate(path: str) -> Step:
    return lambda us, plan, rng: us.call("POST", f"{plan}/{path}", {})


def pack(us: Inbound, plan: str, rng: random.Random) -> Any:
    """All groups of an option or all shipments, at times those that cannot be packed now."""
    options = us.call("GET", f"{plan}/packingOptions").json()["packingOptions"]
    shipments = us.get(plan).get("shipments", [])
    groupings = []
    if shipments and rng.random() < 0.8:
        for shipment in shipments:
            items = us.as_input(us.get(f"{plan}/shipments/{shipment['shipmentId']}/items")["items"])
            groupings.append({"shipmentId": shipment["shipmentId"], "boxes": [us.box(items)]})
    elif options:
        option = min(options, key=lambda each: (each["status"] != "ACCEPTED", rng.random()))
        for group in option["packingGroups"]:
            items = us.as_input(us.get(f"{plan}/packingGroups/{group}/items")["items"])
            groupings.append({"packingGroupId": group, "boxes": [us.box(items)]})
    if not groupings:
        return None
    if rng.random() < 0.1:
        groupings = groupings[:1]
    return us.call("POST", f"{plan}/packingInformation", {"packageGroupings": groupings})


def offer(us: Inbound, plan: str, rng: random.Random) -> Any:
    placements = us.call("GET", f"{plan}/placementOptions").json()["placementOptions"]
    if not placements:
        return None
    placement = min(placements, key=lambda each: (each["status"] != "ACCEPTED", rng.random()))
    configurations = [
        {"shipmentId": each, "readyToShipWindow": ALL_READY} for each in placement["shipmentIds"]
    ]
    body = {
        "placementOptionId": placement["placementOptionId"],
        "shipmentTransportationConfigurations": configurations,
    }
    return us.call("POST", f"{plan}/transportationOptions", body)


def choose_carriers(us: Inbound, plan: str, rng: random.Random) -> Any:
    options = us.get(f"{plan}/transportationOptions", pageSize=20)["transportationOptions"]
    chosen = {each["shipmentId"]: each["transportationOptionId"] for each in options if "quote" in each}
    selections = [{"shipmentId": key, "transportationOptionId": value} for key, value in chosen.items()]
    if not selections:
        return None
    return us.call(
        "POST", f"{plan}/transportationOptions/confirmation", {"transportationSelections": selections}
    )


def windows(us: Inbound, plan: str, rng: random.Random) -> Any:
    shipments = us.get(plan).get("shipments", [])
    if not shipments:
        return None
    path = f"shipments/{shipments[0]['shipmentId']}/deliveryWindowOptions"
    return rng.choice([generate(path), confirm(path, "deliveryWindowOptionId")])(us, plan, rng)


def labels(us: Inbound, plan: str, rng: random.Random) -> Any:
    for each in us.get(plan).get("shipments", []):
        shipment = us.get(f"{plan}/shipments/{each['shipmentId']}")
        if "shipmentConfirmationId" in shipment:
            query = {"PageType": "PackageLabel_Thermal", "LabelType": "UNIQUE"}
            us.call("GET", f"{V0}/shipments/{shipment['shipmentConfirmationId']}/labels", **query)


def cancel(us: Inbound, plan: str, rng: random.Random) -> Any:
    return us.call("PUT", f"{plan}/cancellation") if rng.random() < 0.02 else None


# In Amazon's order; a walk follows it more often than not.
STEPS: tuple[Step, ...] = (
    generate("packingOptions"),
    confirm("packingOptions", "packingOptionId"),
    pack,
    generate("placementOptions"),
    offer,
    confirm("placementOptions", "placementOptionId"),
    pack,
    offer,
    windows,
    choose_carriers,
    labels,
    cancel,
)


def check(us: Inbound, plan: str, units: Counter[str]) -> None:
    """One option of a kind is accepted at most; every placement ships all units; nothing is shown twice."""
    store = us.api.sandbox.state(InboundStore)
    record = store.find(plan.split("/")[-1], us.api.seller.seller_id)
    assert record is not None
    for options in (record.packing_options, record.placement_options):
        assert sum(option.state == "ACCEPTED" for option in options) <= 1
    for placement in record.placement_options:
        assert sum((one.shipped_units() for one in placement.shipments), Counter()) == units
        for shipment in placement.shipments:
            assert [at for at, _ in shipment.history] == sorted(at for at, _ in shipment.history)
            if shipment.boxes is not None:
                packed: Counter[str] = Counter()
                for box in shipment.boxes:
                    packed.update({line.msku: line.quantity for line in box.items})
                assert packed == shipment.shipped_units()
    shown = [one for one in us.api.sandbox.simulation.created if one.plan_id == record.plan_id]
    assert {one.shipment_id for one in shown} == {one.shipment_id for one in record.shipments}


def walk(us: Inbound, control: Callable[..., Any], seed: int) -> str:
    """90 calls on a plan; how far it came."""
    control("DELETE", "/faults")
    rng = random.Random(seed)
    kinds = ("standard", "bulky", "hazmat")
    lines = [us.item(us.listings(kind)[0], units) for kind, units in zip(kinds, (12, 7, 3), strict=True)]
    plan = us.plan(*lines)
    units = Counter({line["msku"]: line["quantity"] for line in lines})
    place = 0
    for _ in range(90):
        if rng.random() < 0.08:
            control("POST", "/faults", {"fault": rng.choice(FAULTS), "times": 1})
        place = (place + 1) % len(STEPS) if rng.random() < 0.8 else rng.randrange(len(STEPS))
        answer = STEPS[place](us, plan, rng)
        assert answer is None or answer.status_code in ANSWERED, answer.text
        us.api.later(rng.choice((0, 60, 200, 200, 200, 200, 4000)))
        check(us, plan, units)
    shown = us.get(plan)
    return str(shown["shipments"][0]["status"] if "shipments" in shown else shown["status"])


def test_any_order_of_calls_keeps_the_plan_whole(na: Api, control: Callable[..., Any]) -> None:
    """Some walks get as far as labels, others stay on the way."""
    ends = {walk(Inbound(na), control, seed) for seed in range(5)}
    assert {"READY_TO_SHIP", "WORKING"} <= ends
