"""Calls of the inbound API against the sandbox's app, for its unit tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from httpx import Response
from support.sandbox_app import Api, epoch

from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.inbound.prep_store import PrepStore
from amazon_sandbox.inbound.products import needs_expiration, packing_class
from amazon_sandbox.simulation.catalogue import Listing

US, GB, DE = "ATVPDKIKX0DER", "A1F83G8C2ARO7P", "A1PA6795UKMFR9"
BASE = "/inbound/fba/2024-03-20"
PLANS = f"{BASE}/inboundPlans"
V0 = "/fba/inbound/v0"
ADDRESSES = {
    "NA": {
        "name": "Northwind Trading",
        "addressLine1": "1200 Harbor Avenue",
        "city": "Seattle",
        "stateOrProvinceCode": "WA",
        "countryCode": "US",
        "postalCode": "98126",
        "phoneNumber": "+12065550123",
    },
    "EU": {
        "name": "Northwind Trading",
        "addressLine1": "Lagerstr. 14",
        "city": "Bremen",
        "countryCode": "DE",
        "postalCode": "28195",
        "phoneNumber": "+4942155501234",
    },
}
CONTACT = {"name": "Robin Example", "phoneNumber": "+12065550123", "email": "robin@example.com"}
READY = "2026-11-24T15:00Z"
ALL_READY = {"start": READY}
PALLETS = [
    {
        "quantity": 2,
        "dimensions": {"length": 48, "width": 40, "height": 60, "unitOfMeasurement": "IN"},
        "weight": {"value": 700, "unit": "LB"},
        "stackability": "STACKABLE",
    }
]
FREIGHT = {"declaredValue": {"amount": 2500, "code": "USD"}, "freightClass": "FC_70"}


@dataclass
class Inbound:
    """One seller's inbound calls; operations take the time that the sandbox gives them."""

    api: Api
    marketplace_id: str = US

    def __post_init__(self) -> None:
        quotas = self.api.sandbox.quotas
        for operation in quotas.published:
            quotas.set_plan(operation, None, UsagePlan(1e6, 1e6), epoch("2026-11-21T09:00:00Z"))

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Response:
        """A call of version 2024-03-20, `path` after its base; v0 paths as they are."""
        url = path if path.startswith("/fba") else f"{BASE}{path}"
        headers = {"x-amz-access-token": self.api.token}
        answer: Response = self.api.http.request(method, url, json=body, params=query, headers=headers)
        return answer

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """A read that must succeed."""
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def start(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """An asynchronous call that must be accepted."""
        answer = self.call(method, path, body)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def ended(self, started: dict[str, Any]) -> dict[str, Any]:
        """The operation after its time."""
        path = f"/operations/{started['operationId']}"
        assert self.get(path)["operationStatus"] == "IN_PROGRESS"
        self.api.later(180)
        return self.get(path)

    def done(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """An asynchronous call that must succeed; its answer."""
        started = self.start(method, path, body)
        operation = self.ended(started)
        assert operation["operationStatus"] == "SUCCESS", operation
        return started

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> str:
        """The message of a call that must be refused with 400."""
        answer = self.call(method, path, body, **query)
        assert answer.status_code == 400, answer.text
        error = answer.json()["errors"][0]
        return f"{error['message']} {error.get('details', '')}"

    def listings(self, kind: str | None = None) -> list[Listing]:
        """FBA SKUs with a known classification (of a packing class), without expiration dates."""
        storefront = self.api.sandbox.simulation.storefront(self.api.seller, self.marketplace_id)
        return [
            each
            for each in storefront.listings
            if not each.is_merchant
            and not needs_expiration(each)
            and PrepStore().of(storefront, each).category != "UNKNOWN"
            and kind in (None, packing_class(each))
        ]

    def item(self, listing: Listing, quantity: int, **changed: Any) -> dict[str, Any]:
        """An item with owners that Amazon accepts."""
        storefront = self.api.sandbox.simulation.storefront(self.api.seller, self.marketplace_id)
        prep = PrepStore().of(storefront, listing)
        owners = {"prepOwner": prep.prep_owners[-1], "labelOwner": prep.label_owners[-1]}
        return {"msku": listing.sku, "quantity": quantity, **owners} | changed

    def plan_body(self, *items: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """A createInboundPlan body."""
        return {
            "destinationMarketplaces": [self.marketplace_id],
            "items": list(items),
            "sourceAddress": ADDRESSES[self.api.seller.region],
            "name": "Autumn restock",
        } | changed

    def plan(self, *items: dict[str, Any], **changed: Any) -> str:
        """Create a plan; its path."""
        created = self.done("POST", "/inboundPlans", self.plan_body(*items, **changed))
        return f"/inboundPlans/{created['inboundPlanId']}"

    def box(self, items: list[dict[str, Any]], quantity: int = 1, **changed: Any) -> dict[str, Any]:
        """Identical boxes with these contents each."""
        is_american = self.api.seller.region == "NA"
        side, weight = (20, 30) if is_american else (50, 14)
        return {
            "contentInformationSource": "BOX_CONTENT_PROVIDED",
            "dimensions": {
                "length": side,
                "width": side,
                "height": side,
                "unitOfMeasurement": "IN" if is_american else "CM",
            },
            "weight": {"value": weight, "unit": "LB" if is_american else "KG"},
            "quantity": quantity,
            "items": items,
        } | changed

    def as_input(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Items of an answer as the items of a box."""
        return [
            {
                "msku": each["msku"],
                "quantity": each["quantity"],
                "labelOwner": each["labelOwner"],
                "prepOwner": each["prepInstructions"][0]["prepOwner"],
            }
            for each in items
        ]

    def pack(self, plan: str, boxes: int = 4) -> None:
        """Pack now: confirm the first packing option and describe the boxes of all its groups."""
        self.done("POST", f"{plan}/packingOptions")
        option = self.get(f"{plan}/packingOptions")["packingOptions"][0]
        self.done("POST", f"{plan}/packingOptions/{option['packingOptionId']}/confirmation")
        groupings = []
        for group in option["packingGroups"]:
            items = self.as_input(self.get(f"{plan}/packingGroups/{group}/items", pageSize=100)["items"])
            for item in items:
                item["quantity"] //= boxes
            groupings.append({"packingGroupId": group, "boxes": [self.box(items, boxes)]})
        self.done("POST", f"{plan}/packingInformation", {"packageGroupings": groupings})

    def place(self, plan: str) -> list[dict[str, Any]]:
        """Generate placement options."""
        self.done("POST", f"{plan}/placementOptions", {})
        return list(self.get(f"{plan}/placementOptions")["placementOptions"])

    def offer(self, plan: str, placement: dict[str, Any], **changed: Any) -> list[dict[str, Any]]:
        """Generate transportation options of a placement option."""
        configurations = [
            {"shipmentId": each, "readyToShipWindow": ALL_READY} | changed
            for each in placement["shipmentIds"]
        ]
        body = {
            "placementOptionId": placement["placementOptionId"],
            "shipmentTransportationConfigurations": configurations,
        }
        self.done("POST", f"{plan}/transportationOptions", body)
        query = {"placementOptionId": placement["placementOptionId"], "pageSize": 20}
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self.get(f"{plan}/transportationOptions", **query, **token)
            found += page["transportationOptions"]
            if "pagination" not in page:
                return found
            token = {"paginationToken": page["pagination"]["nextToken"]}

    def confirm_placement(self, plan: str, placement: dict[str, Any]) -> None:
        """Confirm a placement option."""
        self.done("POST", f"{plan}/placementOptions/{placement['placementOptionId']}/confirmation")

    def confirm_carriers(
        self, plan: str, options: list[dict[str, Any]], mode: str, solution: str
    ) -> list[dict[str, Any]]:
        """Confirm the first option of a mode and solution for every shipment; its shipments."""
        chosen = {
            each["shipmentId"]: each["transportationOptionId"]
            for each in options[::-1]
            if (each["shippingMode"], each["shippingSolution"]) == (mode, solution)
        }
        selections = [{"shipmentId": key, "transportationOptionId": value} for key, value in chosen.items()]
        self.done(
            "POST", f"{plan}/transportationOptions/confirmation", {"transportationSelections": selections}
        )
        return [self.get(f"{plan}/shipments/{each}") for each in chosen]

    def labels(self, shipment: dict[str, Any], **query: Any) -> bytes:
        """The PDF of a shipment's box labels."""
        wanted = {"PageType": "PackageLabel_Thermal", "LabelType": "UNIQUE"} | query
        answer = self.get(f"{V0}/shipments/{shipment['shipmentConfirmationId']}/labels", **wanted)
        downloaded = self.api.http.get(answer["payload"]["DownloadURL"])
        assert downloaded.status_code == 200, downloaded.text
        return bytes(downloaded.content)
