"""The wire under python-amazon-sp-api: gives its client what it lacks. See QUIRKS.md for each gap.

The library's client builds paths, queries and bodies; everything that leaves goes through `CheckedTransport`,
which sets the token and the time-outs, and looks at the status of every answer before the library may call it
a success.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sellerops.base.bounded_json import TOO_DEEP, TooDeep, is_too_deep, read_json
from sellerops.base.errors import (
    AmazonUnavailable,
    CredentialsError,
    RequestRefused,
    Throttled,
    UnexpectedAnswer,
)
from sellerops.base.redaction import redact
from sellerops.sources.amazon_sp.library import library_client
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.bounded import bounded_request
from sellerops.sources.common.call_log import CallRecord, sp_api_of
from sellerops.sources.common.deadline import Fence, sending
from sellerops.sources.common.documents import redact_httpx_logs
from sellerops.sources.common.http import httpx
from sellerops.sources.common.lwa import Credentials, TokenSource
from sellerops.sources.common.sessions import close_sessions, shared_session
from sellerops.sources.common.tls import tls_context

CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 30.0
# A thousand waits share these connections; a call may stand in line for one.
POOL_TIMEOUT = 60.0
_CONNECTIONS = httpx.Limits(max_connections=20, max_keepalive_connections=10)

_EXPIRED = re.compile(r"\bexpir", re.IGNORECASE)
# Set by us on every call, whatever the library thinks: its Host is wrong for http, its token may be a stale
# one.
_OURS = {"host", "x-amz-access-token"}


# A token for one call, in place of the account's access token: asked for, used once, kept nowhere.
one_call_token: ContextVar[str | None] = ContextVar("sellerops_amazon_sp_token", default=None)
current_call: ContextVar[CallRecord | None] = ContextVar("sellerops_amazon_sp_call", default=None)


class CheckedTransport:
    """Stands where the library's own transport stands (same ``request``). Raises only our typed errors."""

    def __init__(self, http: httpx.AsyncClient, tokens: TokenSource, credentials: Credentials) -> None:
        self._http, self._tokens, self._credentials = http, tokens, credentials

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: Any = None,  # noqa: ASYNC109 - the library passes it
    ) -> httpx.Response:
        """Send with a valid token; one refused as expired is renewed once. ``timeout`` of the library is
        ignored.
        """
        kept = {name: value for name, value in (headers or {}).items() if name.lower() not in _OURS}
        facts = current_call.get() or CallRecord(method)
        facts.method, facts.api = method, sp_api_of(urlsplit(url).path)
        for last_try in (False, True):
            own = one_call_token.get()
            token = own or await self._tokens.get()
            response = await self._send(
                method,
                url,
                params,
                content if content is not None else data,
                {**kept, "x-amz-access-token": token},
                facts.fence,
            )
            _note(response, facts)
            if response.status_code in (401, 403) and not (last_try or own) and _may_be_expired(response):
                self._tokens.invalidate(token)
                continue
            try:
                check(response, facts.operation, self._credentials)
            except CredentialsError:
                # A role may be granted meanwhile: then the next call has a token that knows it.
                self._tokens.invalidate(token)
                raise
            return response
        raise AssertionError("unreachable: the second answer is returned or raised")

    async def _send(
        self,
        method: str,
        url: str,
        params: Any,
        content: Any,
        headers: Mapping[str, str],
        fence: Fence | None,
    ) -> httpx.Response:
        try:
            async with sending(fence, self._credentials.endpoint):
                return await bounded_request(
                    self._http, method, url, params=params, content=content, headers=headers
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            # No connection, so nothing has left: the only failure after which a create may simply be
            # repeated.
            raise AmazonUnavailable(
                f"cannot be reached: {type(error).__name__}.", where=self._credentials.endpoint, sent=False
            ) from None
        except httpx.HTTPError as error:
            raise AmazonUnavailable(
                f"no answer came: {type(error).__name__}.", where=self._credentials.endpoint, sent=True
            ) from None

    async def aclose(self) -> None:
        await self._http.aclose()


def check(response: httpx.Response, operation: str, credentials: Credentials) -> None:
    """Raise the typed error of an answer that is no success. The body may or may not have Amazon's
    ``errors``.
    """
    status = response.status_code
    body = _body(response)
    code, message = _told(body)
    details: dict[str, Any] = {
        "status": status,
        "code": code,
        "operation": operation,
        "amazon_request_id": response.headers.get("x-amzn-RequestId"),
        "sent": True,
    }
    where = f"{operation} at {credentials.endpoint}"
    told = f"{status} {code} {message}".replace("  ", " ").strip()
    if 200 <= status < 300:
        if code:
            raise UnexpectedAnswer(f"Amazon answered {told} with an error inside.", where=where, **details)
        if body is None and response.content.strip() and not _is_list(response):
            if is_too_deep(response.content):
                raise UnexpectedAnswer(f"Amazon's answer cannot be read: {TOO_DEEP}.", where=where, **details)
            raise AmazonUnavailable(
                f"Amazon answered {status} with a page instead of JSON.", where=where, **details
            )
        return
    if status == 429:
        raise Throttled(f"Amazon answered {told}.", where=where, **details)
    if status in (401, 403) and body is not None:
        raise CredentialsError(
            f"Amazon refuses the credentials or the application's role: {told}.",
            where=where,
            remedy=f"Check the application's roles and the seller's authorisation, then renew the Airflow "
            f"{credentials.where} and clear the task.",
            **details,
        )
    if status >= 500 or status in (403, 408):
        raise AmazonUnavailable(f"Amazon answered {told}.", where=where, **details)
    if status >= 400:
        raise RequestRefused(f"Amazon refuses the request: {told}.", where=where, **details)
    raise UnexpectedAnswer(f"Amazon answered {told}.", where=where, **details)


def answer_of(response: httpx.Response, operation: str) -> Answer:
    """The body of a checked answer. A list, as a batch answers, is put under ``items``."""
    text = response.text.removeprefix("\ufeff").strip()
    if not text:
        # A list without a word is not an empty list.
        raise AmazonUnavailable(f"Amazon answered {response.status_code} with nothing.", where=operation)
    try:
        body = read_json(text)
    except TooDeep:
        raise UnexpectedAnswer(f"Amazon's answer cannot be read: {TOO_DEEP}.", where=operation) from None
    if isinstance(body, list):
        return Answer({"items": body}, f'{{"items": {text}}}')
    if not isinstance(body, dict):
        raise UnexpectedAnswer("Amazon's answer is no JSON object.", where=operation)
    return Answer(body, text)


def _may_be_expired(response: httpx.Response) -> bool:
    """401 says only that the token is wrong; 403 has many reasons and names expiry when it is that."""
    if response.status_code == 401:
        return True
    errors = (_body(response) or {}).get("errors")
    texts = [str(value) for error in _dicts(errors) for value in error.values()]
    return any(_EXPIRED.search(text) for text in [*texts, _told(_body(response))[1]])


def _note(response: httpx.Response, facts: CallRecord) -> None:
    facts.status = response.status_code
    facts.request_id = response.headers.get("x-amzn-RequestId")
    try:
        facts.rate_limit = float(response.headers["x-amzn-RateLimit-Limit"])
    except (KeyError, ValueError):
        facts.rate_limit = None


def _body(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = read_json(response.content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _is_list(response: httpx.Response) -> bool:
    """Whether the body is a JSON list, as batch operations answer."""
    if not response.content.lstrip().startswith(b"["):
        return False
    try:
        return isinstance(read_json(response.content), list)
    except ValueError:
        return False


def _told(body: Mapping[str, Any] | None) -> tuple[str, str]:
    """Amazon's code and message, wherever they stand; free of secrets and of bounded length."""
    if body is None:
        return "", ""
    for error in _dicts(body.get("errors")):
        message = " ".join(str(error[key]) for key in ("message", "details") if error.get(key))
        return str(error.get("code") or "Error"), redact(message)[:500]
    message = body.get("message") or body.get("Message") or ""
    return "", redact(str(message))[:500] if isinstance(message, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


@dataclass
class Session:
    """One account's open connections, token and library client on one event loop."""

    http: httpx.AsyncClient
    tokens: TokenSource
    reports: Any
    transport: CheckedTransport

    async def aclose(self) -> None:
        await self.http.aclose()


async def session(credentials: Credentials, region: str) -> Session:
    """The shared session of these credentials on the running loop, built on first use (off the loop)."""
    return await shared_session(f"amazon_sp {credentials.digest}", lambda: _build(credentials, region))


def _build(credentials: Credentials, region: str) -> Session:
    credentials.check()
    redact_httpx_logs()
    http = httpx.AsyncClient(
        verify=tls_context(),
        timeout=httpx.Timeout(ANSWER_TIMEOUT, connect=CONNECT_TIMEOUT, pool=POOL_TIMEOUT),
        limits=_CONNECTIONS,
    )
    tokens = TokenSource(credentials, http)
    transport = CheckedTransport(http, tokens, credentials)
    return Session(http, tokens, library_client(credentials, region, transport, tls_context()), transport)


__all__ = [
    "CallRecord",
    "CheckedTransport",
    "Session",
    "answer_of",
    "check",
    "close_sessions",
    "current_call",
    "one_call_token",
    "session",
]
