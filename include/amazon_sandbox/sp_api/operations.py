"""How every SP-API operation is served: authentication, faults, quota, handler, headers, call log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from amazon_sandbox.core.answers import ApiError, access_denied, json_answer, new_request_id
from amazon_sandbox.core.calls import Call
from amazon_sandbox.core.faults import Stage, Subject
from amazon_sandbox.core.http_faults import NOTHING_LISTED, apply_fault, without_lists
from amazon_sandbox.core.sandbox import Sandbox, sandbox_of
from amazon_sandbox.lwa.restricted import RestrictedTokens
from amazon_sandbox.lwa.state import TokenStore
from amazon_sandbox.simulation import Seller
from amazon_sandbox.simulation.storefront import Storefront

_EXPIRED = access_denied("The access token you provided has expired.")
_INVALID = access_denied("The access token you provided is revoked, malformed or invalid.")
_MISSING = access_denied("Access token is missing in the request header.")
_NOT_FOR_THIS = ApiError(
    403,
    "Unauthorized",
    "Access to requested resource is denied.",
    "The restricted data token is not for this resource.",
)
_THROTTLED = ApiError(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")

# Published for 2xx, 400 and 404 only.
_WITH_RATE = frozenset((200, 201, 202, 204, 400, 404))


@dataclass(slots=True)
class Operation:
    """One call of an operation. The handler fills in the fields that are logged."""

    name: str
    request: Request
    sandbox: Sandbox
    body: bytes = b""
    seller: Seller | None = None
    application: str = ""
    report_type: str | None = None
    report_id: str | None = None
    marketplace_ids: tuple[str, ...] = ()
    fault: str | None = None
    note: str | None = None
    is_restricted: bool = False
    is_grantless: bool = False

    @property
    def caller(self) -> Seller:
        """The seller of the access token."""
        if self.seller is None:
            raise _INVALID
        return self.seller

    @property
    def quota_owner(self) -> str:
        """Whose token bucket is used: the seller's; for a grantless call, the application's (empty)."""
        return self.seller.seller_id if self.seller else ""

    def subject(self) -> Subject:
        """What faults are matched against."""
        if self.seller is None:
            return Subject(self.name, None, None, self.report_type, self.marketplace_ids)
        return Subject(
            self.name, self.seller.account, self.seller.seller_id, self.report_type, self.marketplace_ids
        )


Answer = tuple[int, dict[str, Any] | list[dict[str, Any]]]
Handler = Callable[[Operation], Awaitable[Answer]]
FindSubject = Callable[[Operation], None]


def endpoint(
    name: str, handler: Handler, find_subject: FindSubject, *, grantless: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """A route for an operation. `find_subject` notes report type and marketplaces, if any faults are set.

    `grantless`: it needs the token of a scope instead of a seller's.
    """

    async def serve(request: Request) -> Response:
        operation = Operation(name, request, sandbox_of(request), is_grantless=grantless)
        if request.method in ("POST", "PUT"):
            operation.body = await request.body()
        response = await _answer(operation, handler, find_subject)
        status = operation.sandbox.status_of(response)
        response.headers["x-amzn-RequestId"] = new_request_id()
        if operation.application and status in _WITH_RATE:
            plan = operation.sandbox.quotas.plan(name, operation.quota_owner)
            response.headers["x-amzn-RateLimit-Limit"] = str(float(plan.rate))
        _log(operation, status)
        return response

    return serve


async def _answer(operation: Operation, handler: Handler, find_subject: FindSubject) -> Response:
    sandbox = operation.sandbox
    sandbox.catch_up()
    try:
        _authenticate(operation)
        if sandbox.faults:
            find_subject(operation)
            if (fault := sandbox.faults.draw(Stage.REQUEST, operation.subject())) is not None:
                operation.fault = fault.kind.name
                if (wrong := await apply_fault(fault)) is not None:
                    return wrong
        if not sandbox.quotas.take(
            operation.application, operation.quota_owner, operation.name, sandbox.clock.now()
        ):
            raise _THROTTLED
        status, body = await sandbox.pages.answer(operation, lambda: handler(operation))
        if sandbox.faults and (fault := sandbox.faults.draw(Stage.ANSWER, operation.subject())) is not None:
            operation.fault = fault.kind.name
            if fault.kind.name == NOTHING_LISTED:
                body = without_lists(body, fault)
            elif (wrong := await apply_fault(fault)) is not None:
                return wrong
        if status == 204:
            return Response(status_code=status, media_type="application/json")
        return json_answer(body, status)
    except ApiError as error:
        return json_answer(error.body(), error.status)


def _authenticate(operation: Operation) -> None:
    token = operation.request.headers.get("x-amz-access-token")
    if not token:
        raise _MISSING
    restricted = operation.sandbox.state(RestrictedTokens).find(token)
    session = restricted.session if restricted else operation.sandbox.state(TokenStore).session(token)
    if session is None or session.audience != "sp" or (session.seller is None) is not operation.is_grantless:
        raise _INVALID
    operation.seller, operation.application = session.seller, session.application
    if session.expires_at <= operation.sandbox.clock.now():
        raise _EXPIRED
    if restricted:
        resource = (operation.request.method, operation.request.url.path)
        if resource not in restricted.resources:
            raise _NOT_FOR_THIS
        operation.is_restricted = True


def _log(operation: Operation, status: int | None) -> None:
    sandbox, seller = operation.sandbox, operation.seller
    sandbox.calls.add(
        Call(
            sandbox.clock.now(),
            operation.name,
            seller.seller_id if seller else None,
            status,
            operation.report_type,
            operation.report_id,
            operation.fault,
            operation.note,
        )
    )


def storefront_of(call: Operation, marketplace_id: str) -> Storefront:
    """The caller's storefront in one of its marketplaces."""
    return call.sandbox.simulation.storefront(call.caller, marketplace_id)


async def unknown_path(request: Request) -> Response:
    """The gateway's response to unknown paths and methods."""
    return json_answer(access_denied().body(), 403, {"x-amzn-RequestId": new_request_id()})
