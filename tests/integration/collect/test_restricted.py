"""Restricted reports: a token for each document, stored nowhere; without the role, a helpful error."""

from __future__ import annotations

import logging
import re

import httpx
import psycopg
import pytest
from integration.collect.parts import RUN, Bench, collect, wait

from sellerops.base.errors import CredentialsError, SellerOpsError
from sellerops.collect import Outcome
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.ledger import SliceState
from sellerops.settings.specs import load_spec
from sellerops.sources.common.sessions import run_blocking

ORDERS = load_spec("merchant_orders")
TOKEN = re.compile(r"sprdt")


def statuses(bench: Bench, operation: str) -> list[int]:
    return [call["status"] for call in bench.sandbox.calls(operation=operation)]


def in_database(bench: Bench, needle: str) -> list[str]:
    """Tables of the ledger's schema that contain ``needle``."""
    with psycopg.connect(bench.ledger.database.conninfo) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'sellerops'"
        ).fetchall()
        return [
            name
            for (name,) in tables
            if connection.execute(
                f"SELECT 1 FROM sellerops.{name} x WHERE to_jsonb(x)::text LIKE %s LIMIT 1", (f"%{needle}%",)
            ).fetchone()
        ]


def test_its_document_is_fetched_with_a_token_that_stays_nowhere(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slice_ = bench.slice_(ORDERS)
    done = collect(bench.collector(ORDERS), slice_)
    assert done.outcome is Outcome.DOCUMENTS
    assert statuses(bench, "createRestrictedDataToken") == [200]
    assert statuses(bench, "getReportDocument") == [200]
    assert not TOKEN.search(caplog.text)
    assert in_database(bench, "sprdt") == []
    request = bench.ledger.get_request(done.request_ids[0])
    uri = request.archive_uri or ""
    assert not TOKEN.search(repr(bench.archive.sidecars(uri)))
    destination = open_destination("postgres", bench.ledger.database.conninfo)
    (result,) = load_document(
        destination, ORDERS, slice_, RequestMeta.of(request), lambda: bench.archive.open(uri)
    )
    assert result.stored == result.rows_in_file > 0
    with psycopg.connect(bench.ledger.database.conninfo) as connection:
        personal = connection.execute(
            "SELECT count(*), count(recipient_name), count(buyer_email) "
            "FROM amazon_sp.merchant_orders__personal"
        ).fetchone()
    assert personal == (result.stored,) * 3
    assert in_database(bench, "example.invalid") == []
    with bench.archive.open(uri) as stream:
        assert b"example.invalid" in stream.read()


def test_without_the_role_the_error_names_it_and_what_still_loads(bench: Bench) -> None:
    bench.sandbox.control("POST", "/roles", json={"account": "northwind_na", "restricted": False})
    told = _refusal(bench)
    assert "Direct to Consumer Shipping (Restricted)" in told.cause
    assert "all_orders" in told.remedy
    assert bench.creates() == 0
    (row, *_) = bench.ledger.slice_states(states=[SliceState.FAILED])
    assert row.error_type == "CredentialsError"
    assert "Direct to Consumer Shipping" in (row.error or "")
    # Reports that need no role go on.
    assert collect(bench.collector(), bench.slice_()).outcome is Outcome.DOCUMENTS


def test_a_role_that_was_taken_away_meanwhile_is_named_at_the_document(bench: Bench) -> None:
    slice_, collector = bench.slice_(ORDERS), bench.collector(ORDERS)
    collector.advance(slice_, RUN)
    assert wait(collector, slice_, RUN).error is None
    bench.sandbox.control("POST", "/roles", json={"account": "northwind_na", "restricted": False})
    with pytest.raises(CredentialsError, match="needs the role Direct to Consumer Shipping"):
        bench.collector(ORDERS).advance(slice_, RUN)
    assert statuses(bench, "createRestrictedDataToken") == [403]
    bench.sandbox.control("POST", "/roles", json={"account": "northwind_na", "restricted": True})
    assert collect(bench.collector(ORDERS), slice_).outcome is Outcome.DOCUMENTS
    assert bench.creates() == 1


def test_the_local_amazon_wants_the_token_for_exactly_this_document(bench: Bench) -> None:
    done = collect(bench.collector(ORDERS), bench.slice_(ORDERS))
    document_id = bench.ledger.get_request(done.request_ids[0]).document_id or ""
    with pytest.raises(CredentialsError):
        run_blocking(lambda: bench.client().get_report_document(document_id))
    headers = {"x-amz-access-token": bench.sandbox.access_token()}
    url = bench.sandbox.url
    resource = {"method": "GET", "path": "/reports/2021-06-30/documents/another"}
    answer = httpx.post(
        f"{url}/tokens/2021-03-01/restrictedDataToken",
        json={"restrictedResources": [resource]},
        headers=headers,
        timeout=60,
    )
    other = {"x-amz-access-token": answer.json()["restrictedDataToken"]}
    path = f"{url}/reports/2021-06-30/documents/{document_id}"
    assert httpx.get(path, headers=other, timeout=60).status_code == 403
    assert httpx.get(f"{url}/reports/2021-06-30/reports/1", headers=other, timeout=60).status_code == 403
    for wrong in (
        {},
        {"restrictedResources": []},
        {"restrictedResources": [{"method": "LOOK", "path": "/"}]},
    ):
        refused = httpx.post(
            f"{url}/tokens/2021-03-01/restrictedDataToken", json=wrong, headers=headers, timeout=60
        )
        assert refused.status_code == 400


def _refusal(bench: Bench) -> SellerOpsError:
    slice_, collector = bench.slice_(ORDERS), bench.collector(ORDERS)
    collector.advance(slice_, RUN)
    error = wait(collector, slice_, RUN).error
    assert isinstance(error, CredentialsError)
    return error
