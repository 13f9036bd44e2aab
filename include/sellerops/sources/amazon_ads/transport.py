"""The wire to Amazon Ads: token, headers and time-outs of every call, and the status of every answer."""

from __future__ import annotations

import asyncio
import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sellerops.base.bounded_json import TOO_DEEP, TooDeep, read_json
from sellerops.base.errors import (
    AmazonUnavailable,
    CredentialsError,
    RequestRefused,
    Throttled,
    UnexpectedAnswer,
)
from sellerops.base.redaction import redact
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.bounded import bounded_request
from sellerops.sources.common.call_log import CallRecord, ads_api_of
from sellerops.sources.common.deadline import Fence, sending
from sellerops.sources.common.documents import redact_httpx_logs
from sellerops.sources.common.http import httpx
from sellerops.sources.common.lwa import Credentials, TokenSource
from sellerops.sources.common.sessions import shared_session
from sellerops.sources.common.tls import tls_context

CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 30.0
POOL_TIMEOUT = 60.0
_CONNECTIONS = httpx.Limits(max_connections=20, max_keepalive_connections=10)
# Calls that are repeated anyway: a token refused twice there passes, as Amazon is known to refuse good ones.
_POLLS = frozenset({"getAdsReport", "getExport"})
_LONGEST = 2_000


@dataclass
class Session:
    """One account's open connections and token on one event loop."""

    http: httpx.AsyncClient
    tokens: TokenSource
    credentials: Credentials
    # Creates of one profile go one after the other.
    turns: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def aclose(self) -> None:
        await self.http.aclose()

    def turn(self, profile_id: str) -> asyncio.Lock:
        return self.turns.setdefault(profile_id, asyncio.Lock())

    async def send(
        self,
        method: str,
        path: str,
        facts: CallRecord,
        *,
        profile_id: str | None = None,
        media_type: str | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> httpx.Response:
        """One call; a token refused with 401 is renewed once. Raises only our typed errors."""
        facts.method, facts.api = method, ads_api_of(path)
        for last_try in (False, True):
            token = await self.tokens.get()
            headers = {
                "user-agent": "sellerops",
                "authorization": f"Bearer {token}",
                "amazon-advertising-api-clientid": self.credentials.client_id,
            }
            if profile_id:
                headers["amazon-advertising-api-scope"] = profile_id
            if media_type:
                headers |= {"content-type": media_type, "accept": media_type}
            content = json.dumps(body).encode() if body is not None else None
            response = await self._send(method, path, query, content, headers, facts.fence)
            facts.status = response.status_code
            facts.request_id = response.headers.get("x-amzn-requestid") or response.headers.get("x-amz-rid")
            if response.status_code == 401 and not last_try:
                self.tokens.invalidate(token)
                continue
            try:
                check(response, facts.operation, self.credentials)
            except CredentialsError:
                # The profile may be granted meanwhile: then the next call has a token that knows it.
                self.tokens.invalidate(token)
                raise
            return response
        raise AssertionError("unreachable: the second answer is returned or raised")

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        content: bytes | None,
        headers: Mapping[str, str],
        fence: Fence | None,
    ) -> httpx.Response:
        url = self.credentials.endpoint.rstrip("/") + path
        try:
            async with sending(fence, self.credentials.endpoint):
                return await bounded_request(
                    self.http, method, url, params=query, content=content, headers=headers
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            # No connection, so nothing has left.
            raise AmazonUnavailable(
                f"cannot be reached: {type(error).__name__}.", where=self.credentials.endpoint, sent=False
            ) from None
        except httpx.HTTPError as error:
            raise AmazonUnavailable(
                f"no answer came: {type(error).__name__}.", where=self.credentials.endpoint, sent=True
            ) from None


async def session(credentials: Credentials) -> Session:
    """The shared session of these credentials on the loop. CredentialsError when a part is missing."""
    return await shared_session(f"amazon_ads {credentials.digest}", lambda: _build(credentials))


def check(response: httpx.Response, operation: str, credentials: Credentials) -> None:
    """Raise the typed error of an answer that is no success.

    A refusal carries ``status``, ``code`` and ``told``: Amazon's own words, of bounded length. Throttled
    carries ``retry_after`` (seconds) where Amazon told it.
    """
    status = response.status_code
    if 200 <= status < 300:
        return
    code, told = _told(response)
    where = f"{operation} at {credentials.endpoint}"
    words = f"{status} {code} {told}".replace("  ", " ").strip()
    details: dict[str, Any] = {
        "status": status,
        "code": code,
        "told": told,
        "operation": operation,
        "sent": True,
    }
    if status == 429:
        raise Throttled(
            f"Amazon Ads answered {words}.", where=where, **details, retry_after=_retry_after(response)
        )
    if status in (401, 403):
        if status == 401 and operation in _POLLS:
            raise AmazonUnavailable(f"Amazon Ads refuses a fresh token: {words}.", where=where, **details)
        raise CredentialsError(
            f"Amazon Ads refuses the credentials or the profile: {words}.",
            where=where,
            remedy="Check that the user who authorised the application may see the profile (`python -m "
            f"sellerops ads profiles`), then renew the Airflow {credentials.where} and clear the task.",
            **details,
        )
    if status >= 500 or status == 408:
        raise AmazonUnavailable(f"Amazon Ads answered {words}.", where=where, **details)
    if status >= 400:
        raise RequestRefused(f"Amazon Ads refuses the request: {words}.", where=where, **details)
    raise UnexpectedAnswer(f"Amazon Ads answered {words}.", where=where, **details)


def answer_of(response: httpx.Response, operation: str) -> Answer:
    """The body of a checked answer. A list is put under ``items``."""
    text = response.text.removeprefix("\ufeff").strip()
    try:
        body = read_json(text)
    except TooDeep:
        raise UnexpectedAnswer(
            f"the answer of Amazon Ads cannot be read: {TOO_DEEP}.", where=operation
        ) from None
    except ValueError:
        raise AmazonUnavailable(
            f"Amazon Ads answered {response.status_code} without JSON.", where=operation, sent=True
        ) from None
    if isinstance(body, list):
        return Answer({"items": body}, f'{{"items": {text}}}')
    if not isinstance(body, dict):
        raise UnexpectedAnswer("the answer of Amazon Ads is no JSON object.", where=operation)
    return Answer(body, text)


def _build(credentials: Credentials) -> Session:
    credentials.check()
    redact_httpx_logs()
    http = httpx.AsyncClient(
        verify=tls_context(),
        timeout=httpx.Timeout(ANSWER_TIMEOUT, connect=CONNECT_TIMEOUT, pool=POOL_TIMEOUT),
        limits=_CONNECTIONS,
    )
    return Session(http, TokenSource(credentials, http), credentials)


def _told(response: httpx.Response) -> tuple[str, str]:
    """Amazon's code and words, wherever they stand; free of secrets and of bounded length."""
    try:
        body = read_json(response.content)
    except ValueError:
        return "", ""
    if isinstance(body, dict) and isinstance(body.get("errors"), list) and body["errors"]:
        body = body["errors"][0]
    if not isinstance(body, dict):
        return "", ""
    words = body.get("detail") or body.get("details") or body.get("message") or body.get("Message") or ""
    return str(body.get("code") or ""), redact(str(words))[:_LONGEST].rstrip(".")


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds; Amazon writes a number, the standard also allows a date."""
    text = response.headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        until = email.utils.parsedate_to_datetime(text)
        sent = email.utils.parsedate_to_datetime(response.headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    zoned: list[datetime] = [each if each.tzinfo else each.replace(tzinfo=UTC) for each in (until, sent)]
    return max(0.0, (zoned[0] - zoned[1]).total_seconds())
