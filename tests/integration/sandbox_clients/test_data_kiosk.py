"""Outside clients query Data Kiosk, and Schemathesis checks it against Amazon's own model."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.sandbox_clients.test_operations_python_amazon_sp_api import client_of
from integration.sandbox_clients.test_schemathesis import MODELS, NO_MODEL, command
from sp_api.api import DataKiosk
from sp_api.base.exceptions import SellingApiBadRequestException
from spapi import ApiException, SPAPIClient, SPAPIConfig
from spapi.api.datakiosk_v2023_11_15.queries_api import QueriesApi
from spapi.models.datakiosk_v2023_11_15 import CreateQuerySpecification
from support.sandbox import SandboxServer

MODEL = MODELS / "dataKiosk_2023-11-15.json"
QUERY = """
query MyQuery {
  analytics_salesAndTraffic_2024_04_24 {
    salesAndTrafficByAsin(
      aggregateBy: CHILD, startDate: "2026-11-14", endDate: "2026-11-15", marketplaceIds: ["ATVPDKIKX0DER"]
    ) { childAsin sales { unitsOrdered orderedProductSales { amount currencyCode } } }
  }
}
"""


@pytest.fixture
def official(sandbox: SandboxServer) -> QueriesApi:
    seller = sandbox.account("northwind_na")
    config = SPAPIConfig(
        client_id=seller["client_id"],
        client_secret=seller["client_secret"],
        refresh_token=seller["refresh_token"],
        region=seller["region"],
    )
    client = SPAPIClient(config, oauth_endpoint=sandbox.token_url, endpoint=sandbox.url)
    return QueriesApi(client.api_client)


def test_python_amazon_sp_api_reads_every_page(sandbox: SandboxServer) -> None:
    sandbox.control("POST", "/jobs", json={"rows_per_page": 20})
    api = client_of(sandbox, DataKiosk)
    query_id = api.create_query(QUERY).payload["queryId"]
    sandbox.clock(jump_seconds=300)
    query = api.get_query(query_id)
    token = query.pagination["nextToken"]
    following = api.create_query(QUERY, token).payload["queryId"]
    with pytest.raises(SellingApiBadRequestException, match="paginationToken"):
        api.create_query(QUERY.replace("2026-11-14", "2026-11-13"), token)
    sandbox.clock(jump_seconds=300)
    rows = []
    for one in (query.payload, api.get_query(following).payload):
        document = api.get_document(one["dataDocumentId"], download=True).payload["document"]
        rows += [json.loads(line) for line in document.splitlines()]
    assert len({row["childAsin"] for row in rows}) == len(rows) > 20
    assert sum(row["sales"]["unitsOrdered"] for row in rows) > 0
    listed = api.get_queries(processingStatuses="DONE", pageSize=1)
    assert [one["queryId"] for one in listed.payload["queries"]] == [following]
    api.cancel_query(api.create_query(QUERY).payload["queryId"])


def test_the_official_sdks_models_take_every_answer(sandbox: SandboxServer, official: QueriesApi) -> None:
    query_id = official.create_query(CreateQuerySpecification(query=QUERY)).query_id
    assert official.get_query(query_id).processing_status == "IN_QUEUE"
    official.cancel_query(official.create_query(CreateQuerySpecification(query=QUERY)).query_id)
    sandbox.clock(jump_seconds=300)
    query = official.get_query(query_id)
    assert query.processing_status == "DONE" and query.query == QUERY
    url = official.get_document(query.data_document_id).document_url
    assert b"childAsin" in httpx.get(url, timeout=60).content
    page = official.get_queries(page_size=1)
    rest = official.get_queries(page_size=1, pagination_token=page.pagination.next_token)
    assert [page.queries[0].processing_status, rest.queries[0].query_id] == ["CANCELLED", query_id]
    with pytest.raises(ApiException) as refused:
        official.create_query(CreateQuerySpecification(query=QUERY.replace("CHILD", "COLOUR")))
    assert refused.value.status == 400


def narrowed(model: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """The model with ids that exist and a query this seller may ask, beside any others."""
    model["definitions"]["CreateQuerySpecification"]["properties"]["query"]["enum"] = [QUERY, "{ nothing }"]
    # A token goes with one query; with any other words the call is refused.
    del model["definitions"]["CreateQuerySpecification"]["properties"]["paginationToken"]
    for path in model["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                if parameter["name"] in ids:
                    parameter["enum"] = [ids[parameter["name"]], "50000020778"]
    return model


@pytest.mark.skipif(not MODEL.exists(), reason=NO_MODEL)
@pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="schemathesis is not installed")
def test_it_keeps_to_amazons_model(sandbox: SandboxServer, tmp_path: Path) -> None:
    """A few requests of each operation, valid and not, with all checks that apply."""
    for operation in ("createQuery", "getQuery", "getQueries", "cancelQuery", "getDocument"):
        sandbox.quotas(operation=operation, rate=1e6, burst=1e6)
    api = client_of(sandbox, DataKiosk)
    query_id = api.create_query(QUERY).payload["queryId"]
    sandbox.clock(jump_seconds=300)
    document_id = api.get_query(query_id).payload["dataDocumentId"]
    token = sandbox.access_token()
    model = tmp_path / "model.json"
    ids = {"queryId": query_id, "documentId": document_id}
    model.write_text(json.dumps(narrowed(json.loads(MODEL.read_text()), ids)))
    sandbox.clear_calls()
    words = command(model, sandbox.url, token)
    words[words.index("--max-examples") + 1] = "8"
    words[words.index("--phases") + 1] = "examples,fuzzing"
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=800, check=False)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    counts = sandbox.call_counts()
    met = {name for name, statuses in counts.items() if set(statuses) & {"200", "202"}}
    assert met >= {"createQuery", "getQuery", "getQueries", "getDocument"} and "cancelQuery" in counts, counts
