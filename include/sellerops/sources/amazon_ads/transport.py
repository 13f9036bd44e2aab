"""The transport to Amazon Ads: sets token and headers of every call, checks the status of every answer."""

from __future__ import annotations

import asyncio
import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sellerops.base.bounded_json import read_json
from sellerops.base.errors import AmazonUnavailable, CredentialsError
from sellerops.base.redaction import redact
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.call_log import CallRecord, ads_api_of
from sellerops.sources.common.http import httpx
from sellerops.sources.common.lwa import Credentials, TokenSource
from sellerops.sources.common.sessions import shared_session
from sellerops.sources.common.transport import (
    exchange,
    http_client,
    parse_answer,
    raise_for_status,
    send_with_token,
)

_SYSTEM = "Amazon Ads"
# Polls are repeated anyway, so for them a token that is refused twice counts as an outage: Amazon is known to
# refuse valid tokens.
_POLLS = frozenset({"getAdsReport", "getExport"})
_LONGEST = 2_000


@dataclass
class Session:
    """One account's open connections and token on one event loop."""

    http: httpx.AsyncClient
    tokens: TokenSource
    credentials: Credentials
    # Creates of one profile are sent one after the other.
    turns: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def aclose(self) -> None:
        await self.http.aclose()

    def turn(self, profile_id: str) -> asyncio.Lock:
        return self.turns.setdefault(profile_id, asyncio.Lock())

    async def send(
        self,
        method: str,
        path: str,
        call: CallRecord,
        *,
        profile_id: str | None = None,
        media_type: str | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> httpx.Response:
        """Make one call; a token refused with 401 is renewed once. Raises only our typed errors."""
        call.method, call.api = method, ads_api_of(path)
        headers = {
            "user-agent": "sellerops",
            "amazon-advertising-api-clientid": self.credentials.client_id,
        }
        if profile_id:
            headers["amazon-advertising-api-scope"] = profile_id
        if media_type:
            headers |= {"content-type": media_type, "accept": media_type}

        async def send(token: str) -> httpx.Response:
            response = await exchange(
                self.http,
                method,
                self.credentials.endpoint.rstrip("/") + path,
                where=self.credentials.endpoint,
                fence=call.fence,
                params=query,
                content=json.dumps(body).encode() if body is not None else None,
                headers={**headers, "authorization": f"Bearer {token}"},
            )
            call.status = response.status_code
            call.request_id = response.headers.get("x-amzn-requestid") or response.headers.get("x-amz-rid")
            return response

        return await send_with_token(
            self.tokens,
            send,
            is_expired=lambda response: response.status_code == 401,
            check=lambda response: check(response, call.operation, self.credentials),
        )


async def session(credentials: Credentials) -> Session:
    """The running loop's shared session of these credentials. CredentialsError when a part is missing."""
    return await shared_session(f"amazon_ads {credentials.digest}", lambda: _build(credentials))


def check(response: httpx.Response, operation: str, credentials: Credentials) -> None:
    """Raise the typed error for an answer that is not a success.

    Its details have ``status``, ``code`` and ``amazon_message`` (cut to 2000 characters); those of Throttled
    also have ``retry_after`` (seconds, None if Amazon did not send it).
    """
    status = response.status_code
    if 200 <= status < 300:
        return
    code, message = _error_in(response)
    where = f"{operation} at {credentials.endpoint}"
    said = f"{status} {code} {message}".replace("  ", " ").strip()
    details: dict[str, Any] = {
        "status": status,
        "code": code,
        "amazon_message": message,
        "operation": operation,
        "sent": True,
    }
    if status == 429:
        details["retry_after"] = _retry_after(response)
    if status == 401 and operation in _POLLS:
        raise AmazonUnavailable(f"Amazon Ads refused a fresh token: {said}.", where=where, **details)
    if status in (401, 403):
        raise CredentialsError(
            f"Amazon Ads refused the credentials or the profile: {said}.",
            where=where,
            remedy="Check that the user who authorised the application may see the profile (`sellerops ads "
            f"profiles`), then renew the Airflow {credentials.where} and clear the task.",
            **details,
        )
    raise_for_status(status, _SYSTEM, said, where=where, details=details)


def answer_of(response: httpx.Response, operation: str) -> Answer:
    """The body of a checked answer: see ``parse_answer``."""
    return parse_answer(response, operation, _SYSTEM)


def _build(credentials: Credentials) -> Session:
    credentials.check()
    http = http_client()
    return Session(http, TokenSource(credentials, http), credentials)


def _error_in(response: httpx.Response) -> tuple[str, str]:
    """Amazon's code and message, wherever the body has them, without secrets and of bounded length."""
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
    """In seconds. Amazon sends a number; the standard also allows a date."""
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
