"""The holes of python-amazon-sp-api, each closed: one test a hole (QUIRKS.md lists them)."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from unit.sellerops.sources.wire import Answer, Wire

from sellerops.base.errors import (
    AmazonUnavailable,
    ConfigurationError,
    CredentialsError,
    RequestRefused,
    SellerOpsError,
    Throttled,
    UnexpectedAnswer,
)
from sellerops.sources.amazon_sp.transport import close_sessions, session
from sellerops.sources.common import transport
from sellerops.sources.common.lwa import Credentials

REPORTS = "/reports/2021-06-30/reports"
TOKEN = "/auth/o2/token"
QUERY = {"reportType": "GET_X", "marketplaceIds": ["ATVPDKIKX0DER"]}
EXPIRED = (
    b'{"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied.",'
    b' "details": "The access token you provided has expired."}]}'
)
FORBIDDEN = EXPIRED.replace(b"The access token you provided has expired.", b"")


def credentials(wire: Wire) -> Credentials:
    return Credentials(
        client_id="amzn1.application-oa2-client.one",
        client_secret="amzn1.oa2-cs.v1.secret",
        refresh_token="Atzr|refresh",
        endpoint=wire.url,
        token_url=wire.url + TOKEN,
        connection="amazon_sp_northwind",
    )


@pytest.fixture
def amazon(wire: Wire) -> Wire:
    """Tokens are given, numbered; createReport works."""
    tokens = [
        Answer(200, json.dumps({"access_token": f"Atza|{n}", "expires_in": 3600}).encode()) for n in range(9)
    ]
    wire.answer(TOKEN, *tokens)
    wire.answer(REPORTS, Answer(202, b'{"reportId": "1"}'))
    return wire


def ask(wire: Wire, work: Callable[[Any], Awaitable[Any]], keys: Credentials | None = None) -> Any:
    """``work`` with the library's client on our transport, in a loop of its own."""

    async def whole() -> Any:
        try:
            opened = await session(keys or credentials(wire), "NA")
            return await work(opened.reports)
        finally:
            await close_sessions()

    return asyncio.run(whole())


def create(wire: Wire, keys: Credentials | None = None) -> Any:
    return ask(wire, lambda api: api.create_report(**QUERY), keys).payload["reportId"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(429, b'{"message": "Too Many Requests"}'), Throttled),
        (Answer(429, b'{"errors": [{"code": "QuotaExceeded", "message": "m"}]}'), Throttled),
        (Answer(503, b"<html>down</html>"), AmazonUnavailable),
        (Answer(502, b""), AmazonUnavailable),
        (Answer(504, b'{"message": "Endpoint request timed out"}'), AmazonUnavailable),
        (Answer(500, b'{"errors": [{"code": "InternalFailure", "message": "m"}]}'), AmazonUnavailable),
        (Answer(200, b"<html>soon back</html>"), AmazonUnavailable),
        (Answer(202, b'{"errors": [{"code": "InternalFailure"}]}'), UnexpectedAnswer),
        (Answer(400, b'{"errors": [{"code": "InvalidInput", "message": "bad date"}]}'), RequestRefused),
        (Answer(404, b""), RequestRefused),
        (Answer(413, b"<html>too large</html>"), RequestRefused),
        (Answer(403, FORBIDDEN), CredentialsError),
        (Answer(403, b'{"message": "Forbidden"}'), CredentialsError),
        (Answer(403, b"<html>blocked</html>"), AmazonUnavailable),
        (Answer(302, b"", {"Location": "/elsewhere"}), UnexpectedAnswer),
    ],
)
def test_every_answer_that_is_no_success_is_a_typed_error(
    amazon: Wire, answer: Answer, error: type[SellerOpsError]
) -> None:
    """The library raises only where the body has ``errors``; 429 and 503 without it pass as success."""
    amazon.answer(REPORTS, answer)
    with pytest.raises(error) as caught:
        create(amazon)
    assert type(caught.value) is error
    assert caught.value.details["status"] == answer.status
    assert caught.value.details["sent"] is True
    assert len(amazon.at(REPORTS)) == 1, "never repeated by the client itself"


def test_a_silent_server_ends_by_time_out(amazon: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The async client hands ``timeout=None`` to every request, which switches all time-outs off."""
    monkeypatch.setattr(transport, "ANSWER_TIMEOUT", 2.0)
    amazon.answer(REPORTS, Answer(202, b"", length=20, hang=True))
    with pytest.raises(AmazonUnavailable, match="ReadTimeout") as caught:
        create(amazon)
    assert caught.value.details["sent"] is True


def test_time_outs_are_longer_than_the_librarys_five_seconds() -> None:
    assert transport.ANSWER_TIMEOUT == 30
    assert transport.CONNECT_TIMEOUT == 10


def test_a_server_that_is_not_there_is_known_as_never_reached(amazon: Wire) -> None:
    keys = credentials(amazon)
    ask(amazon, lambda api: _token(keys))
    with pytest.raises(AmazonUnavailable) as caught:
        create(amazon, replace(keys, endpoint="http://127.0.0.1:1"))
    assert caught.value.details["sent"] is False


async def _token(keys: Credentials) -> str:
    return await (await session(keys, "NA")).tokens.get()


@pytest.mark.parametrize("refusal", [Answer(403, EXPIRED), Answer(401, FORBIDDEN)])
def test_a_stale_token_is_renewed_once_and_the_call_repeated_once(amazon: Wire, refusal: Answer) -> None:
    """The library keeps a token for 3200 s whatever Amazon says."""
    amazon.answer(REPORTS, refusal, Answer(202, b'{"reportId": "1"}'))
    assert create(amazon) == "1"
    assert [asked.headers["x-amz-access-token"] for asked in amazon.at(REPORTS)] == ["Atza|0", "Atza|1"]


@pytest.mark.parametrize("refusal", [Answer(403, EXPIRED), Answer(401, FORBIDDEN)])
def test_a_token_refused_twice_is_a_matter_of_credentials(amazon: Wire, refusal: Answer) -> None:
    amazon.answer(REPORTS, refusal)
    with pytest.raises(CredentialsError, match="connection amazon_sp_northwind"):
        create(amazon)
    assert len(amazon.at(REPORTS)) == 2


def test_a_missing_role_is_not_tried_again(amazon: Wire) -> None:
    amazon.answer(REPORTS, Answer(403, FORBIDDEN))
    with pytest.raises(CredentialsError, match="role"):
        create(amazon)
    assert len(amazon.at(REPORTS)) == 1


def test_many_calls_request_the_token_once(amazon: Wire) -> None:
    async def many(api: Any) -> None:
        await asyncio.gather(*(api.create_report(**QUERY) for _ in range(50)))

    ask(amazon, many)
    assert len(amazon.at(TOKEN)) == 1


def test_the_librarys_own_token_cache_is_not_used(amazon: Wire) -> None:
    """It is keyed by refresh token only, shared by the process and never invalidated."""
    from sp_api.asyncio.auth.access_token_client import cache

    create(amazon)
    create(amazon)
    assert len(cache) == 0
    assert len(amazon.at(TOKEN)) == 1, "our own outlives the event loop of a call"


def test_the_default_marketplace_of_the_environment_changes_nothing(
    amazon: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SP_API_DEFAULT_MARKETPLACE wins over the library's explicit argument, for the whole process."""
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "DE")
    assert create(amazon) == "1"
    assert json.loads(amazon.at(REPORTS)[0].body) == QUERY


def test_the_error_of_an_unknown_default_marketplace_names_it(
    amazon: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "Atlantis")
    with pytest.raises(ConfigurationError, match="SP_API_DEFAULT_MARKETPLACE"):
        create(amazon)


@pytest.mark.parametrize("part", ["client_id", "client_secret", "refresh_token", "token_url", "endpoint"])
def test_credentials_never_come_from_the_environment(
    amazon: Wire, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """With one part missing the library would take a whole other set: another seller's."""
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        monkeypatch.setenv(name, "from the environment")
    with pytest.raises(CredentialsError, match="connection amazon_sp_northwind"):
        create(amazon, replace(credentials(amazon), **{part: ""}))
    assert amazon.asked == []


def test_given_credentials_are_the_ones_sent(amazon: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        monkeypatch.setenv(name, "environment")
    create(amazon)
    sent = amazon.at(TOKEN)[0].body
    assert b"environment" not in sent
    assert b"Atzr%7Crefresh" in sent


def test_the_host_header_is_whole(amazon: Wire) -> None:
    """The library cuts 8 characters off the endpoint: right for https://, one too many for http://."""
    create(amazon)
    assert amazon.at(REPORTS)[0].headers["host"] == amazon.url.removeprefix("http://")


def test_only_what_amazons_model_knows_is_sent(amazon: Wire) -> None:
    """The library adds up to four spellings of marketplace ids to every call."""
    amazon.answer(f"{REPORTS}/7", Answer(200, b'{"reportId": "7"}'))
    amazon.answer(
        REPORTS, Answer(202, b'{"reportId": "1"}'), Answer(200, b'{"reports": [], "nextToken": "t"}')
    )

    async def calls(api: Any) -> None:
        await api.create_report(**QUERY)
        await api.get_report("7")
        await api.get_reports(reportTypes=["GET_X"], pageSize=100)
        await api.get_reports(nextToken="t")

    ask(amazon, calls)
    created, listed, paged = amazon.at(REPORTS)
    assert json.loads(created.body) == QUERY
    assert created.query == {}
    assert amazon.at(f"{REPORTS}/7")[0].query == {}
    assert listed.query == {"reportTypes": ["GET_X"], "pageSize": ["100"]}
    assert paged.query == {"nextToken": ["t"]}


def test_no_secret_shows_in_logs_errors_or_names(amazon: Wire, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG the library logs the headers of every call, token included."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sp_api.asyncio.base.client").setLevel(logging.DEBUG)
    keys = credentials(amazon)
    amazon.answer(REPORTS, Answer(403, EXPIRED.replace(b"you provided", b"Atza|0 and Atzr|refresh")))
    with pytest.raises(CredentialsError) as caught:
        create(amazon)
    texts = [caplog.text, repr(keys), str(caught.value), repr(caught.value), str(caught.value.details)]
    texts += traceback.format_exception(caught.value)
    assert "Request Headers" in caplog.text, "the library did log"
    for secret in ("Atza|", "Atzr|", "oa2-cs", keys.client_id):
        assert not any(secret in text for text in texts), secret


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer(400, b'{"error": "invalid_grant", "error_description": "m"}'), CredentialsError, "revoked"),
        (Answer(401, b'{"error": "invalid_client", "error_description": "m"}'), CredentialsError, "secret"),
        (Answer(400, b'{"error": "unauthorized_client"}'), CredentialsError, "application"),
        (Answer(503, b"<html>"), AmazonUnavailable, "503"),
        (Answer(429, b'{"error": "slow_down"}'), AmazonUnavailable, "429"),
        (Answer(200, b"<html>"), AmazonUnavailable, "without a token"),
    ],
)
def test_login_errors_say_what_to_renew_or_pass(
    amazon: Wire, answer: Answer, error: type[SellerOpsError], words: str
) -> None:
    amazon.answer(TOKEN, answer)
    with pytest.raises(error, match=words) as caught:
        create(amazon)
    assert "connection amazon_sp_northwind" in str(caught.value)
    assert amazon.at(REPORTS) == []
    if error is AmazonUnavailable:
        assert caught.value.details["sent"] is False, "the call itself never left"


def test_a_failing_login_is_not_stormed(amazon: Wire) -> None:
    amazon.answer(TOKEN, Answer(400, b'{"error": "invalid_grant"}'))

    async def many(api: Any) -> None:
        failures = await asyncio.gather(
            *(api.create_report(**QUERY) for _ in range(50)), return_exceptions=True
        )
        assert all(isinstance(one, CredentialsError) for one in failures)

    ask(amazon, many)
    assert len(amazon.at(TOKEN)) == 1


def test_the_library_is_not_imported_before_it_is_used() -> None:
    """DAG files are parsed again and again; the import costs half a second."""
    code = (
        "import sys, sellerops.collect, sellerops.sources.amazon_sp.client;"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('sp_api', 'fsspec')]"
    )
    include = Path(transport.__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(include)})
