"""The exchange with an Amazon API that both sources share: connections, time-outs, token and typed errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from sellerops.base.bounded_json import TOO_DEEP, TooDeep, read_json
from sellerops.base.errors import (
    AmazonUnavailable,
    CredentialsError,
    RequestRefused,
    Throttled,
    UnexpectedAnswer,
)
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.bounded import bounded_request
from sellerops.sources.common.deadline import Fence, sending
from sellerops.sources.common.documents import redact_httpx_logs
from sellerops.sources.common.http import httpx
from sellerops.sources.common.tls import tls_context

# Seconds. A thousand waits share the connections, so a call may have to queue for one.
CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 30.0
POOL_TIMEOUT = 60.0
_CONNECTIONS = httpx.Limits(max_connections=20, max_keepalive_connections=10)


class Tokens(Protocol):
    """Where a call gets its access token."""

    async def get(self) -> str: ...

    def invalidate(self, token: str) -> None: ...


def http_client() -> httpx.AsyncClient:
    """An HTTP client with our time-outs that keeps queries out of httpx's log."""
    redact_httpx_logs()
    return httpx.AsyncClient(
        verify=tls_context(),
        timeout=httpx.Timeout(ANSWER_TIMEOUT, connect=CONNECT_TIMEOUT, pool=POOL_TIMEOUT),
        limits=_CONNECTIONS,
    )


async def exchange(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    where: str,
    fence: Fence | None,
    params: Mapping[str, Any] | None = None,
    content: Any = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Send once and return the answer, whatever its status. AmazonUnavailable without an answer; ``sent`` in
    its details is False only if no connection was made, in which case even a create may simply be repeated.
    """
    try:
        async with sending(fence, where):
            return await bounded_request(http, method, url, params=params, content=content, headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise AmazonUnavailable(
            f"cannot be reached: {type(error).__name__}.", where=where, sent=False
        ) from None
    except httpx.HTTPError as error:
        raise AmazonUnavailable(f"did not answer: {type(error).__name__}.", where=where, sent=True) from None


async def send_with_token(
    tokens: Tokens,
    send: Callable[[str], Awaitable[httpx.Response]],
    *,
    is_expired: Callable[[httpx.Response], bool],
    check: Callable[[httpx.Response], None],
) -> httpx.Response:
    """Send with a token and return the checked answer. A token refused as expired is renewed once. Raises
    what ``check`` raises.
    """
    for is_last in (False, True):
        token = await tokens.get()
        response = await send(token)
        if not is_last and is_expired(response):
            tokens.invalidate(token)
            continue
        try:
            check(response)
        except CredentialsError:
            # The role or the profile may be granted in the meantime; only a new token includes it.
            tokens.invalidate(token)
            raise
        return response
    raise AssertionError("unreachable: the second answer is returned or raised")


def raise_for_status(status: int, system: str, said: str, *, where: str, details: Mapping[str, Any]) -> None:
    """Raise the typed error for a status other than 2xx that does not concern the credentials.

    :param said: status, code and message of the answer, for the error's text.
    """
    if status == 429:
        raise Throttled(f"{system} answered {said}.", where=where, **details)
    if status >= 500 or status == 408:
        raise AmazonUnavailable(f"{system} answered {said}.", where=where, **details)
    if status >= 400:
        raise RequestRefused(f"{system} refused the request: {said}.", where=where, **details)
    raise UnexpectedAnswer(f"{system} answered {said}.", where=where, **details)


def parse_answer(response: httpx.Response, operation: str, system: str) -> Answer:
    """The body of a checked answer; a list, as batch operations answer, is put under ``items``.

    A 204 without a body is an empty answer. Any other answer without a JSON body raises AmazonUnavailable: an
    empty body is not an empty list. UnexpectedAnswer for JSON that is nested too deeply, or is neither an
    object nor a list.
    """
    status = response.status_code
    text = response.text.removeprefix("\ufeff").strip()
    if status == 204 and not text:
        return Answer({}, "{}", status)
    try:
        body = read_json(text)
    except TooDeep:
        raise UnexpectedAnswer(f"cannot read {system}'s answer: {TOO_DEEP}.", where=operation) from None
    except ValueError:
        raise AmazonUnavailable(
            f"{system} answered {status} without JSON.", where=operation, sent=True
        ) from None
    if isinstance(body, list):
        return Answer({"items": body}, f'{{"items": {text}}}', status)
    if not isinstance(body, dict):
        raise UnexpectedAnswer(f"{system}'s answer is not a JSON object.", where=operation)
    return Answer(body, text, status)
