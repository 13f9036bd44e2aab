"""python-amazon-ad-api's calls and ours agree: the same requests on the wire, the same results.

The library stands for what other programs send. Ours differ in the media type of a create (the official
collection's; the library sends plain JSON), in lists asking for extended data, and in who says to send them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from integration.collect.ads_parts import ADS_RUN, AdsBench, campaigns
from integration.collect.parts import RUN_AT, collect
from support.sandbox import SandboxServer
from unit.sellerops.sources.wire import Answer, Asked, Wire, listening

from sellerops.collect.context import key_of
from sellerops.ledger import Ledger, ReportRequest
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_ads import reports
from sellerops.sources.amazon_ads.client import AdsClient
from sellerops.sources.amazon_ads.exports import Exports
from sellerops.sources.amazon_ads.profiles import discover
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.placeholders import options_of
from sellerops.sources.common.sessions import run_blocking

# Who sends and how it is packed. The media type is compared where both name a version.
_NOT_COMPARED = {"user-agent", "accept", "accept-encoding", "connection", "content-length", "host"}
_PROFILE_ID = "1234567890123456"
_PROFILES = [
    {
        "profileId": int(_PROFILE_ID),
        "countryCode": "US",
        "currencyCode": "USD",
        "timezone": "America/Los_Angeles",
        "accountInfo": {"marketplaceStringId": "ATVPDKIKX0DER", "id": "A1", "type": "seller", "name": "N"},
    }
]
_REPORT = {"reportId": "r-00000001", "status": "PENDING", "createdAt": "2026-11-21T10:00:00Z"}
_EXPORT = {"exportId": "e-00000001", "status": "PROCESSING"}


@pytest.fixture
def bench(local_amazon: SandboxServer, ledger: Ledger, tmp_path: Path) -> AdsBench:
    local_amazon.reset()
    local_amazon.clock(set=RUN_AT.isoformat(), speed=600)
    made = AdsBench(local_amazon, ledger, tmp_path / "archive")
    made.follow_clock()
    return made


@pytest.fixture
def recorded() -> Iterator[Wire]:
    """An Amazon that records requests and answers like the Ads API."""
    with listening() as wire:
        told = {
            "/auth/o2/token": {"access_token": "Atza|token", "token_type": "bearer", "expires_in": 3600},
            "/v2/profiles": _PROFILES,
            "/reporting/reports": _REPORT,
            "/reporting/reports/r-00000001": _REPORT,
            "/campaigns/export": _EXPORT,
            "/exports/e-00000001": _EXPORT,
        }
        for path, body in told.items():
            wire.answer(path, Answer(body=json.dumps(body).encode()))
        yield wire


@pytest.fixture
def library() -> Iterator[Any]:
    """The library; importing it sets up the root logger, which is undone."""
    before = list(logging.getLogger().handlers), logging.getLogger().level
    from ad_api import api

    yield api
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)


def compared(asked: Asked) -> dict[str, Any]:
    headers = {name: value for name, value in asked.headers.items() if name not in _NOT_COMPARED}
    if asked.method != "POST" or "vnd" not in headers.get("content-type", ""):
        headers.pop("content-type", None)
    body = json.loads(asked.body) if asked.body else None
    return {"method": asked.method, "path": asked.path, "headers": headers, "body": body}


def test_calls_agree(bench: AdsBench, recorded: Wire, library: Any) -> None:
    """Profiles, create, status, cancel, export: method, path, query, headers and body."""
    ours = _our_calls(bench, recorded)
    sent_by_us = [one for one in recorded.asked if one.path != "/auth/o2/token"]
    recorded.asked.clear()
    results = _their_calls(bench, recorded, library)
    sent_by_them = [one for one in recorded.asked if one.path != "/auth/o2/token"]
    mine, theirs = [compared(one) for one in sent_by_us], [compared(one) for one in sent_by_them]
    # Theirs has no versioned media type for a create of a report: only there ours has one more header.
    create = next(one for one in mine if one["path"] == "/reporting/reports")
    assert create["headers"].pop("content-type") == "application/vnd.createasyncreportrequest.v3+json"
    assert mine == theirs
    assert [one.query for one in sent_by_us] == [one.query for one in sent_by_them]
    assert ours == results


def test_the_library_sees_at_the_local_amazon_what_we_see(bench: AdsBench, library: Any) -> None:
    """It gets 425 (duplicate) for a report that we created, and reads the same rows from it."""
    request = bench.request_of(collect(bench.collector(), bench.slice_(), ADS_RUN))
    theirs = _library_client(
        library.Reports, bench.credentials, request.document_headers["facts"]["profile_id"]
    )
    from ad_api.base.exceptions import AdvertisingApiException

    query = reports.query_of(campaigns(), bench.slice_(), request.options)
    with pytest.raises(AdvertisingApiException) as caught:
        theirs.post_report(body=json.dumps(query.body()))
    assert (caught.value.code, request.report_id in str(caught.value.error)) == (425, True)
    told = theirs.get_report(reportId=request.report_id).payload
    rows = theirs.download_report(url=told["url"], format="data").payload
    with bench.archive.open(request.archive_uri or "") as stream:
        assert json.load(stream) == rows
    assert len(rows) > 10


def _our_calls(bench: AdsBench, wire: Wire) -> list[Any]:
    client = AdsClient(bench.account, _credentials(bench, wire), bench.ledger, bench.limits)
    slice_, spec, entities = bench.slice_(), campaigns(), load_spec("report__amazon_ads__campaigns")
    query = reports.query_of(spec, slice_, options_of(spec, slice_))
    exports = Exports("campaigns")

    async def a_minute() -> float:
        return 60.0

    async def all_of_them() -> list[Any]:
        profiles = await discover(client, client.ledger)
        report_id = await reports.create_report(client, query, query.columns, 0, a_minute)
        request = _request(bench, spec, slice_, report_id)
        status = await reports.get_report(client, request)
        await reports.cancel_report(client, query, report_id, 0)
        export_query = exports.query(entities, slice_, {})
        made = await exports.create(client, export_query, request, a_minute)
        export = await exports.get_report(client, _request(bench, entities, slice_, made.report_id))
        return [[one.profile_id for one in profiles], dict(status), export.report_id]

    return run_blocking(all_of_them)


def _their_calls(bench: AdsBench, wire: Wire, library: Any) -> list[Any]:
    credentials = _credentials(bench, wire)
    profiles = _library_client(library.Profiles, credentials, None)
    theirs = _library_client(library.Reports, credentials, _PROFILE_ID)
    exports = _library_client(library.Exports, credentials, _PROFILE_ID)
    slice_, spec = bench.slice_(), campaigns()
    query = reports.query_of(spec, slice_, options_of(spec, slice_))
    entities = load_spec("report__amazon_ads__campaigns")
    ids = [str(one["profileId"]) for one in profiles.list_profiles().payload]
    report_id = theirs.post_report(body=json.dumps(query.body())).payload["reportId"]
    status = theirs.get_report(reportId=report_id).payload
    theirs.delete_report(reportId=report_id)
    body = Exports("campaigns").query(entities, slice_, {}).body()
    export_id = exports.campaigns_export(body=json.dumps(body)).payload["exportId"]
    export = exports.get_export(export_id, "campaigns").payload
    return [ids, status, export["exportId"]]


def _library_client(kind: Any, credentials: Credentials, profile_id: str | None) -> Any:
    """A client of the library at any address: it takes whatever has an ``endpoint``."""
    told = {
        "refresh_token": credentials.refresh_token,
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        **({"profile_id": profile_id} if profile_id else {}),
    }
    return kind(
        credentials=told,
        marketplace=SimpleNamespace(endpoint=credentials.endpoint),
        access_token=_token(credentials),
        verify_additional_credentials=False,
    )


def _token(credentials: Credentials) -> str:
    """Its own token client has Amazon's address built in."""
    import httpx

    form = {
        "grant_type": "refresh_token",
        "refresh_token": credentials.refresh_token,
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
    }
    return str(httpx.post(credentials.token_url, data=form, timeout=60).json()["access_token"])


def _credentials(bench: AdsBench, wire: Wire) -> Credentials:
    given = bench.credentials
    return Credentials(
        given.client_id, given.client_secret, given.refresh_token, wire.url, f"{wire.url}/auth/o2/token"
    )


def _request(bench: AdsBench, spec: Any, slice_: Any, report_id: str) -> ReportRequest:
    made = bench.ledger.find_or_open_request(key_of(spec, slice_), fresh_after=None, run=ADS_RUN)
    if made.report_id is None:
        bench.ledger.record_created(made.id, report_id, "us")
    return bench.ledger.get_request(made.id)
