"""Schemathesis with Amazon's own models of the read operations: a few requests of each, valid and not."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.sandbox_clients.test_schemathesis import MODELS, NO_MODEL, command
from support.sandbox import SandboxServer

MODELS_OF = {
    "getInventorySummaries": "fbaInventory.json",
    "listTransactions": "finances_2024-06-19.json",
    "getOrderMetrics": "sales.json",
    "searchOrders": "orders_2026-01-01.json",
    "getOrders": "ordersV0.json",
}
SHOP, DAY = ["ATVPDKIKX0DER"], ["2026-11-19T00:00:00Z"]
# Parameters that go together and values this seller can use; with any words nearly every request would be
# refused, and the check of answers would see none.
USABLE: dict[str, dict[str, list[str] | None]] = {
    "getInventorySummaries": {
        "granularityType": None,
        "granularityId": SHOP,
        "marketplaceIds": SHOP,
        "details": None,
        "startDateTime": DAY,
    },
    "listTransactions": {
        "postedAfter": DAY,
        "postedBefore": ["2026-11-20T00:00:00Z"],
        "marketplaceId": SHOP,
        "transactionStatus": ["DEFERRED", "RELEASED"],
    },
    "getOrderMetrics": {
        "marketplaceIds": SHOP,
        "interval": ["2026-11-18T00:00:00Z--2026-11-20T00:00:00Z"],
        "granularity": None,
        "granularityTimeZone": ["UTC"],
        "buyerType": None,
        "firstDayOfWeek": None,
    },
    "searchOrders": {
        "lastUpdatedAfter": DAY,
        "marketplaceIds": SHOP,
        "fulfillmentStatuses": None,
        "fulfilledBy": None,
        "includedData": ["PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT"],
    },
    "getOrders": {"LastUpdatedAfter": DAY, "MarketplaceIds": SHOP, "FulfillmentChannels": ["AFN", "MFN"]},
}
NEEDED = {"postedAfter", "granularityTimeZone", "lastUpdatedAfter", "LastUpdatedAfter"}


def narrowed(model: dict[str, Any], operation: str) -> dict[str, Any]:
    """The model with this operation alone and usable values."""
    (path, get) = next(
        (path, methods["get"])
        for path, methods in model["paths"].items()
        if methods.get("get", {}).get("operationId") == operation
    )
    usable = USABLE[operation]
    get["parameters"] = [one for one in get["parameters"] if one["name"] in usable]
    for parameter in get["parameters"]:
        values = usable[parameter["name"]]
        if values:
            place = parameter["items"] if parameter["type"] == "array" else parameter
            place["enum"] = values
            parameter.pop("format", None)
        if parameter["type"] == "array":
            parameter["minItems"] = 1
        if parameter["name"] in NEEDED:
            parameter["required"] = True
    return {**model, "paths": {path: {"get": get}}}


def together() -> dict[str, Any]:
    """All operations in one model: starting the tool costs more than asking."""
    whole: dict[str, Any] = {"paths": {}, "definitions": {}}
    for operation, name in MODELS_OF.items():
        text = (MODELS / name).read_text().replace('"#/definitions/', f'"#/definitions/{operation}')
        model = narrowed(json.loads(text), operation)
        whole = {**model, "paths": whole["paths"] | model["paths"], "definitions": whole["definitions"] | {
            f"{operation}{key}": value for key, value in model["definitions"].items()
        }}  # fmt: skip
    return whole


@pytest.mark.skipif(not MODELS.exists(), reason=NO_MODEL)
@pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="schemathesis is not installed")
def test_the_read_operations_keep_to_amazons_models(sandbox: SandboxServer, tmp_path: Path) -> None:
    """All checks that apply, and of each operation at least one request that is answered."""
    seller = sandbox.account("northwind_na")
    form = {name: seller[name] for name in ("refresh_token", "client_id", "client_secret")}
    token = httpx.post(sandbox.token_url, data={"grant_type": "refresh_token", **form}).json()["access_token"]
    for operation in MODELS_OF:
        sandbox.quotas(operation=operation, rate=1e6, burst=1e6)
    model = tmp_path / "model.json"
    model.write_text(json.dumps(together()))
    sandbox.clear_calls()
    words = command(model, sandbox.url, token)
    words[words.index("--max-examples") + 1] = "8"
    words[words.index("--phases") + 1] = "examples,fuzzing"
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    counts = sandbox.call_counts()
    assert {name for name in MODELS_OF if counts.get(name, {}).get("200")} == set(MODELS_OF), counts
