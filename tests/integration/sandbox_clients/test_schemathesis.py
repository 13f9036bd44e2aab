"""Schemathesis with Amazon's own model of the Reports API: nothing undocumented, nothing invalid accepted."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.examples import examples
from support.sandbox import SandboxServer

ROOT = Path(__file__).resolve().parents[3]
MODELS = Path(os.environ.get("AMAZON_MODELS", ROOT.parent / "shared" / "amazon" / "models"))
MODEL = MODELS / "reports_2021-06-30.json"
NO_MODEL = f"Amazon's model files are not at {MODELS}; set AMAZON_MODELS"

SALES = "GET_SALES_AND_TRAFFIC_REPORT"
INVENTORY = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"

# What the model cannot say, so that the tool would take it for an error:
# - positive_data_acceptance: whether a window or a pair of parameters is valid depends on rules in prose;
# - unsupported_method: Amazon's gateway answers a method it does not have with 403, never 405;
# - ignored_auth: the model names no security scheme, so there is nothing to leave out.
LEFT_OUT = "positive_data_acceptance,unsupported_method,ignored_auth"


def narrowed(model: dict[str, Any], marketplace_ids: list[str], ids: dict[str, str]) -> dict[str, Any]:
    """The model with the values this seller can use; with any string nearly every request would be refused.

    Ids become a choice between one that exists and one that does not.
    """
    types = [SALES, INVENTORY, "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"]
    for name in ("CreateReportSpecification", "CreateReportScheduleSpecification"):
        fields = model["definitions"][name]["properties"]
        fields["reportType"]["enum"] = types
        fields["marketplaceIds"]["items"]["enum"] = marketplace_ids
    for path in model["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                if parameter["name"] == "reportTypes":
                    parameter["items"]["enum"] = types
                if parameter["name"] in ids:
                    parameter["enum"] = [ids[parameter["name"]], "50000020778"]
    return model


def some_ids(client: httpx.Client, sandbox: SandboxServer, marketplace_ids: list[str]) -> dict[str, str]:
    """A finished report, its document, and a schedule."""
    report = {"reportType": INVENTORY, "marketplaceIds": marketplace_ids[:1]}
    report_id = client.post("/reports", json=report).json()["reportId"]
    sandbox.clock(jump_seconds=600)
    document_id = client.get(f"/reports/{report_id}").json()["reportDocumentId"]
    schedule = {"reportType": SALES, "marketplaceIds": marketplace_ids[:1], "period": "P1D"}
    schedule_id = client.post("/schedules", json=schedule).json()["reportScheduleId"]
    return {"reportId": report_id, "reportDocumentId": document_id, "reportScheduleId": schedule_id}


def command(model: Path, url: str, token: str, max_examples: int = 20) -> list[str]:
    options = {
        "--url": url,
        "--header": f"x-amz-access-token: {token}",
        "--phases": "examples,coverage,fuzzing",
        "--max-examples": str(max_examples),
        "--seed": "7",
        "--exclude-checks": LEFT_OUT,
        # A busy machine is no fault of the answers.
        "--request-timeout": "240",
        "--suppress-health-check": "too_slow",
    }
    words = [word for pair in options.items() for word in pair]
    return [sys.executable, "-m", "schemathesis.cli", "run", str(model), "--no-color", *words]


@pytest.mark.skipif(not MODEL.exists(), reason=NO_MODEL)
@pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="schemathesis is not installed")
@pytest.mark.parametrize("is_narrowed", [False, True], ids=["as published", "with usable values"])
def test_the_reports_api_keeps_to_amazons_model(
    sandbox: SandboxServer, tmp_path: Path, is_narrowed: bool
) -> None:
    """Examples, boundary values and random requests, valid and not, with all checks that apply."""
    seller = sandbox.account("northwind_na")
    token = sandbox.access_token()
    for operation in sandbox.control("GET", "/quotas")["plans"]:
        sandbox.quotas(operation=operation, rate=1e6, burst=1e6)
    model = MODEL
    if is_narrowed:
        base = f"{sandbox.url}/reports/2021-06-30"
        with httpx.Client(base_url=base, headers={"x-amz-access-token": token}, timeout=30) as client:
            ids = some_ids(client, sandbox, seller["marketplace_ids"])
        model = tmp_path / "model.json"
        model.write_text(json.dumps(narrowed(json.loads(MODEL.read_text()), seller["marketplace_ids"], ids)))
    sandbox.clear_calls()
    ran = subprocess.run(
        # With values that are not usable nearly every request is refused, whatever it is.
        command(model, sandbox.url, token, 20 if is_narrowed else examples(20)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    counts = sandbox.call_counts()
    assert len(counts) == 9, "not every operation was called"
    if is_narrowed:
        met = {name for name, statuses in counts.items() if set(statuses) & {"200", "201", "202"}}
        # The other three need a report that still waits or a schedule that nobody has cancelled yet.
        needed = set(counts) - {"cancelReport", "cancelReportSchedule", "getReportSchedule"}
        assert needed <= met, f"no success in {needed - met}: {counts}"
