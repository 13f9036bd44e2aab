"""How every Ads operation is served: authentication, faults, quota, handler, call log."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from amazon_sandbox.ads import data, faults
from amazon_sandbox.ads.accounts import AdsAccount, AdsAccounts, Profile
from amazon_sandbox.ads.answers import AdsError, throttled
from amazon_sandbox.core.answers import ApiError, json_answer, new_request_id
from amazon_sandbox.core.calls import Call
from amazon_sandbox.core.faults import Fault, Stage, Subject
from amazon_sandbox.core.http_faults import apply_fault
from amazon_sandbox.core.sandbox import Sandbox, sandbox_of
from amazon_sandbox.lwa.state import TokenStore
from amazon_sandbox.simulation.storefront import Storefront

_TOKEN_FAULTS = ("expired_token", "revoked_token")
_NOT_AUTHENTICATED = AdsError(401, "HTTP 401 Unauthorized")


@dataclass(slots=True)
class AdsCall:
    """One call of an operation. The handler fills in the fields that are logged."""

    name: str
    request: Request
    sandbox: Sandbox
    body: bytes = b""
    ads_account: AdsAccount | None = None
    ads_profile: Profile | None = None
    report_type: str | None = None
    report_id: str | None = None
    fault: str | None = None

    @property
    def account(self) -> AdsAccount:
        """The account of the access token; 401 without one."""
        if self.ads_account is None:
            raise _NOT_AUTHENTICATED
        return self.ads_account

    @property
    def profile(self) -> Profile:
        """The profile of the scope header; 400 without one."""
        if self.ads_profile is None:
            raise AdsError(400, "Missing Amazon-Advertising-API-Scope header")
        return self.ads_profile

    @property
    def storefront(self) -> Storefront | None:
        """The storefront of the profile; None for the profile of an agency or a vendor."""
        profile = self.profile
        if profile.type != "seller":
            return None
        seller, marketplace = self.account.seller, profile.marketplace
        return self.sandbox.simulation.storefront(seller, marketplace.marketplace_id).generated

    def subject(self) -> Subject:
        """What faults are matched against."""
        marketplace_ids = (self.ads_profile.marketplace.marketplace_id,) if self.ads_profile else ()
        if self.ads_account is None:
            return Subject(self.name, None, None, self.report_type, marketplace_ids)
        seller = self.ads_account.seller
        return Subject(self.name, seller.account, seller.seller_id, self.report_type, marketplace_ids)

    def json_body(self, *, is_reporting: bool = False) -> dict[str, Any]:
        """The body as an object; an empty body is an empty object."""
        if not self.body.strip():
            return {}
        try:
            parsed = json.loads(self.body)
        except ValueError as error:
            raise AdsError(400, "Request body is not valid JSON", is_reporting=is_reporting) from error
        if not isinstance(parsed, dict):
            raise AdsError(400, "Request body must be an object", is_reporting=is_reporting)
        return parsed


Answer = tuple[int, Any]
Handler = Callable[[AdsCall], Awaitable[Answer]]
FindSubject = Callable[[AdsCall], None]


def no_subject(call: AdsCall) -> None:
    """For operations that concern no report."""


def endpoint(
    name: str,
    handler: Handler,
    find_subject: FindSubject = no_subject,
    *,
    needs_profile: bool = True,
    media_type: str = "application/json",
) -> Callable[[Request], Awaitable[Response]]:
    """A route for an operation, whose responses have `media_type`.

    `find_subject` finds the report type for faults.
    """

    async def serve(request: Request) -> Response:
        call = AdsCall(name, request, sandbox_of(request))
        if request.method == "POST":
            call.body = await request.body()
        response = await _answer(call, handler, find_subject, needs_profile, media_type)
        response.headers["x-amz-request-id"] = new_request_id()
        _log(call, call.sandbox.status_of(response))
        return response

    return serve


async def _answer(
    call: AdsCall, handler: Handler, find_subject: FindSubject, needs_profile: bool, media_type: str
) -> Response:
    sandbox = call.sandbox
    try:
        _authenticate(call, needs_profile)
        if sandbox.faults:
            find_subject(call)
            if (wrong := await _answer_of_fault(call, Stage.REQUEST)) is not None:
                return wrong
        owner = str(call.ads_profile.id) if call.ads_profile else call.account.seller.seller_id
        plan = sandbox.quotas.plan(call.name, owner)
        if not sandbox.quotas.take(call.account.client_id, owner, call.name, sandbox.clock.now()):
            raise throttled(1 / plan.rate if plan.rate else None)
        status, body = await sandbox.pages.answer(call, lambda: handler(call))
        if sandbox.faults and (wrong := await _answer_of_fault(call, Stage.ANSWER)) is not None:
            return wrong
        response = json_answer(body, status)
        response.headers["content-type"] = media_type
        return response
    except AdsError as error:
        return json_answer(error.body(), error.status, error.headers)
    except ApiError as error:
        return _translated(call, error)


async def _answer_of_fault(call: AdsCall, stage: Stage) -> Response | None:
    fault = call.sandbox.faults.draw(stage, call.subject())
    if fault is None:
        return None
    call.fault = fault.kind.name
    if fault.kind.name in (faults.THROTTLED, faults.THROTTLED_AFTER):
        raise throttled(_retry_after(fault))
    if fault.kind.name in _TOKEN_FAULTS:
        raise _NOT_AUTHENTICATED
    return await apply_fault(fault)


def _retry_after(fault: Fault) -> float | None:
    value = fault.options.get("retry_after")
    return None if value is None else float(value)


def _translated(call: AdsCall, error: ApiError) -> Response:
    """An error that any call may get, in the shape of this API."""
    return json_answer(AdsError(error.status, error.message).body(), error.status)


def _authenticate(call: AdsCall, needs_profile: bool) -> None:
    headers = call.request.headers
    scheme, _, token = headers.get("authorization", "").partition(" ")
    session = call.sandbox.state(TokenStore).session(token.strip()) if scheme.lower() == "bearer" else None
    if session is None or session.audience != data.AUDIENCE or session.seller is None:
        raise _NOT_AUTHENTICATED
    account = call.sandbox.state(AdsAccounts).of(session.seller.account)
    call.ads_account = account
    if session.expires_at <= call.sandbox.clock.now():
        raise _NOT_AUTHENTICATED
    if headers.get("amazon-advertising-api-clientid") != account.client_id:
        raise AdsError(401, "Amazon-Advertising-API-ClientId does not match the access token")
    if not needs_profile:
        return
    scope = headers.get("amazon-advertising-api-scope", "").strip()
    if not scope:
        raise AdsError(400, "Missing Amazon-Advertising-API-Scope header")
    if not scope.isdecimal():
        raise AdsError(400, f"Invalid Amazon-Advertising-API-Scope header: {scope[:40]}")
    call.ads_profile = account.profile(scope)
    if call.ads_profile is None:
        raise AdsError(403, f"Not authorized to access scope {scope}")


def _log(call: AdsCall, status: int | None) -> None:
    call.sandbox.calls.add(
        Call(
            call.sandbox.clock.now(),
            call.name,
            call.ads_account.seller.seller_id if call.ads_account else None,
            status,
            call.report_type,
            call.report_id,
            call.fault,
        )
    )
