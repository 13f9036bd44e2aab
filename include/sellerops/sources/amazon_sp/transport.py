"""The transport under python-amazon-sp-api, which adds what its client lacks. See QUIRKS.md for each gap.

The library's client builds paths, queries and bodies. Every call leaves through `CheckedTransport`, which
adds the token and the time-outs and checks the status of the answer before the library can take it for a
success.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sellerops.base.bounded_json import TOO_DEEP, is_too_deep, read_json
from sellerops.base.errors import AmazonUnavailable, CredentialsError, UnexpectedAnswer
from sellerops.base.redaction import redact
from sellerops.sources.amazon_sp.library import library_client
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.call_log import CallRecord, current_call, sp_api_of
from sellerops.sources.common.http import httpx
from sellerops.sources.common.lwa import Credentials, TokenSource
from sellerops.sources.common.sessions import close_sessions, shared_session
from sellerops.sources.common.tls import tls_context
from sellerops.sources.common.transport import (
    Tokens,
    exchange,
    http_client,
    parse_answer,
    raise_for_status,
    send_with_token,
)

# For calls that the library does not build.
JSON_HEADERS = {"user-agent": "sellerops (Language=Python)", "content-type": "application/json"}
_SYSTEM = "Amazon"
# Errors kept of one answer: a plan has up to 2000 items, each of which may be refused. The text names as
# many of them as fit.
_MOST_ERRORS = 50
_LONGEST_TEXT = 4_000
_EXPIRED = re.compile(r"\bexpir", re.IGNORECASE)
# We set these on every call, whatever the library sends: its Host is wrong for http, its token may be stale.
_OURS = {"host", "x-amz-access-token"}

# A token for one call, used in place of the account's access token and not stored anywhere.
one_call_token: ContextVar[str | None] = ContextVar("sellerops_amazon_sp_token", default=None)


class _OneCallToken:
    """A token that cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get(self) -> str:
        return self._token

    def invalidate(self, token: str) -> None:
        pass


class CheckedTransport:
    """Replaces the library's own transport (same ``request``). Raises only our typed errors."""

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
        """Send with a valid token; one refused as expired is renewed once. Ignores the library's
        ``timeout``.
        """
        kept = {name: value for name, value in (headers or {}).items() if name.lower() not in _OURS}
        call = current_call.get() or CallRecord(method)
        call.method, call.api = method, sp_api_of(urlsplit(url).path)
        own = one_call_token.get()
        tokens: Tokens = _OneCallToken(own) if own else self._tokens

        async def send(token: str) -> httpx.Response:
            response = await exchange(
                self._http,
                method,
                url,
                where=self._credentials.endpoint,
                fence=call.fence,
                params=params,
                content=content if content is not None else data,
                headers={**kept, "x-amz-access-token": token},
            )
            _note(response, call)
            return response

        return await send_with_token(
            tokens,
            send,
            is_expired=lambda response: not own and _is_expired(response),
            check=lambda response: check(response, call.operation, self._credentials),
        )

    async def aclose(self) -> None:
        await self._http.aclose()


def check(response: httpx.Response, operation: str, credentials: Credentials) -> None:
    """Raise the typed error for an answer that is not a success.

    The body may or may not have Amazon's ``errors``. The exception's text names as many of them as fit, and
    its details have ``code``, that of the first, and ``errors``: ``code``, ``message`` and ``details`` of
    each of the first 50.
    """
    status = response.status_code
    body = _body(response)
    errors = _errors_in(body)
    code, message = _summary(errors)
    details: dict[str, Any] = {
        "status": status,
        "code": code,
        "errors": errors,
        "operation": operation,
        "amazon_request_id": response.headers.get("x-amzn-RequestId"),
        "sent": True,
    }
    where = f"{operation} at {credentials.endpoint}"
    said = f"{status} {code} {message}".replace("  ", " ").strip()
    if 200 <= status < 300:
        if code:
            raise UnexpectedAnswer(f"Amazon answered {said} with an error inside.", where=where, **details)
        if body is None and response.content.strip() and not _is_list(response):
            if is_too_deep(response.content):
                raise UnexpectedAnswer(f"cannot read Amazon's answer: {TOO_DEEP}.", where=where, **details)
            raise AmazonUnavailable(
                f"Amazon answered {status} with a page instead of JSON.", where=where, **details
            )
        return
    if status in (401, 403) and body is not None:
        raise CredentialsError(
            f"Amazon refused the credentials or the application's role: {said}.",
            where=where,
            remedy="Check the application's roles and the seller's authorisation, then renew the Airflow "
            f"{credentials.where} and clear the task.",
            **details,
        )
    if status == 403:
        # A gateway's page, not Amazon's refusal.
        raise AmazonUnavailable(f"Amazon answered {said}.", where=where, **details)
    raise_for_status(status, _SYSTEM, said, where=where, details=details)


def answer_of(response: httpx.Response, operation: str) -> Answer:
    """The body of a checked answer: see ``parse_answer``."""
    return parse_answer(response, operation, _SYSTEM)


def _is_expired(response: httpx.Response) -> bool:
    """Whether the token has expired. A 401 only says that the token is wrong; a 403 has many causes and
    mentions expiry if that is the cause.
    """
    if response.status_code == 401:
        return True
    if response.status_code != 403:
        return False
    errors = (_body(response) or {}).get("errors")
    texts = [str(value) for error in _dicts(errors) for value in error.values()]
    return any(_EXPIRED.search(text) for text in [*texts, _summary(_errors_in(_body(response)))[1]])


def _note(response: httpx.Response, call: CallRecord) -> None:
    call.status = response.status_code
    call.request_id = response.headers.get("x-amzn-RequestId")
    try:
        call.rate_limit = float(response.headers["x-amzn-RateLimit-Limit"])
    except (KeyError, ValueError):
        call.rate_limit = None


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


def _errors_in(body: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """Amazon's errors, wherever the body has them, without secrets and each text cut to 500 characters. A
    message outside ``errors`` has no code.
    """
    if body is None:
        return []
    found = [
        {
            "code": str(error.get("code") or "Error"),
            "message": _text(error.get("message")),
            "details": _text(error.get("details")),
        }
        for error in _dicts(body.get("errors"))
    ]
    if found:
        return found[:_MOST_ERRORS]
    message = body.get("message") or body.get("Message")
    return [{"code": "", "message": _text(message), "details": ""}] if isinstance(message, str) else []


def _text(value: object) -> str:
    return redact(str(value))[:500] if value else ""


def _summary(errors: list[dict[str, str]]) -> tuple[str, str]:
    """The first error's code, and the texts of all errors, each once; a text begins with its error's code if
    that differs from the first one.
    """
    code = errors[0]["code"] if errors else ""
    said: list[str] = []
    for error in errors:
        words = [error["code"] if error["code"] != code else "", error["message"], error["details"]]
        text = " ".join(word for word in words if word)
        if text and text not in said:
            said.append(text)
    return code, "; ".join(said)[:_LONGEST_TEXT]


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
    http = http_client()
    tokens = TokenSource(credentials, http)
    transport = CheckedTransport(http, tokens, credentials)
    return Session(http, tokens, library_client(credentials, region, transport, tls_context()), transport)


__all__ = [
    "JSON_HEADERS",
    "CheckedTransport",
    "Session",
    "answer_of",
    "check",
    "close_sessions",
    "one_call_token",
    "session",
]
