"""Serves a page: checks sign-in, permission and the shown store, applies faults, and logs the call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from amazon_sandbox.core.answers import ApiError, NoAnswer, json_answer
from amazon_sandbox.core.calls import Call
from amazon_sandbox.core.faults import Fault, Stage, Subject
from amazon_sandbox.core.http_faults import apply_fault
from amazon_sandbox.core.sandbox import Sandbox, sandbox_of
from amazon_sandbox.portal import faults
from amazon_sandbox.portal.accounts import PortalUser
from amazon_sandbox.portal.state import COOKIE, PortalSession, PortalState
from amazon_sandbox.simulation import Seller, marketplaces
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.storefront import Storefront

SIGN_IN_PATH = "/ap/signin"
PICKER_PATH = "/account-switcher/default/merchantMarketplace"
NOT_ALLOWED_PATH = "/authorization/failed"


@dataclass(slots=True)
class PortalCall:
    """One request of a browser. ``form``: the fields of a POST; ``version``: of the page, 1 or 2;
    ``language``: of the page, such as ``en_US``.
    """

    request: Request
    sandbox: Sandbox
    operation: str
    session: PortalSession
    version: int
    language: str
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> PortalState:
        """The portal's state."""
        return self.sandbox.state(PortalState)

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the address."""
        return self.request.query_params

    @property
    def user(self) -> PortalUser:
        """Who is signed in; only on pages that need it."""
        assert self.session.user is not None
        return self.session.user

    @property
    def seller(self) -> Seller:
        """The account that is shown."""
        return next(each for each in self.sandbox.simulation.sellers if each.account == self.session.account)

    @property
    def marketplace(self) -> Marketplace:
        """The store that is shown."""
        assert self.session.country is not None
        return marketplaces.by_country(self.session.country)

    @property
    def storefront(self) -> Storefront:
        """The account in the store."""
        return self.sandbox.simulation.storefront(self.seller, self.marketplace.marketplace_id)

    @property
    def now(self) -> datetime:
        """The virtual now, aware, UTC."""
        return datetime.fromtimestamp(self.sandbox.clock.now(), UTC)

    def say(self, english: str, german: str, japanese: str) -> str:
        """A text in the page's language."""
        return {"de": german, "ja": japanese}.get(self.language[:2], english)

    def fault(self, name: str, report_type: str | None = None) -> Fault | None:
        """A fault of this kind that applies now; it counts as a match."""
        return next(
            iter(self.sandbox.faults.draw_all(Stage.PORTAL, self.subject(report_type), (name,))), None
        )

    def subject(self, report_type: str | None = None) -> Subject:
        """What faults are matched against."""
        account = self.session.account or (self.session.user.accounts[0] if self.session.user else None)
        country = self.session.country
        return Subject(
            self.operation,
            account=account,
            report_type=report_type,
            marketplace_ids=(marketplaces.by_country(country).marketplace_id,) if country else (),
        )


Handler = Callable[[PortalCall], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class PortalPage:
    """A page, or a form's target. ``operation`` names it in faults, settings and the call log; several paths
    may share one. ``is_public``: served without signing in; ``needs_store``: only served once an account
    and a store are chosen.
    """

    operation: str
    path: str
    handler: Handler
    methods: tuple[str, ...] = ("GET",)
    is_public: bool = False
    needs_store: bool = True
    sign_in: str = SIGN_IN_PATH


def route_of(page: PortalPage) -> Route:
    """The route of a page."""

    async def endpoint(request: Request) -> Response:
        call = await _call(request, page)
        drawn: Fault | None = None
        try:
            drawn = call.sandbox.faults.draw(Stage.REQUEST, call.subject())
            response = await apply_fault(drawn) if drawn else None
            response = response or _instead(call, page) or await page.handler(call)
        except ApiError as error:
            response = json_answer(error.body(), error.status)
        _log(call, response, drawn)
        if not isinstance(response, NoAnswer):
            response.set_cookie(COOKIE, call.session.id, max_age=14 * 86_400, httponly=True, samesite="lax")
        return response

    return Route(page.path, endpoint, methods=list(page.methods), name=f"{page.operation} {page.path}")


async def _call(request: Request, page: PortalPage) -> PortalCall:
    sandbox = sandbox_of(request)
    state = sandbox.state(PortalState)
    form: dict[str, str] = {}
    if request.method == "POST":
        form = {name: str(value) for name, value in (await request.form()).items()}
    return PortalCall(
        request,
        sandbox,
        page.operation,
        state.session(request.cookies.get(COOKIE)),
        state.version(page.operation),
        state.language(page.operation),
        form,
    )


def _instead(call: PortalCall, page: PortalPage) -> Response | None:
    """The redirect that replaces the page, if there is one."""
    if page.is_public:
        return None
    session = call.session
    if session.is_signed_in and (_is_over(call) or call.fault(faults.SIGNED_OUT)):
        session.sign_out()
    if not session.is_signed_in:
        return _redirect(page.sign_in, {"openid.return_to": _address(call.request)})
    if call.fault(faults.NOT_ALLOWED):
        return _redirect(NOT_ALLOWED_PATH)
    if page.needs_store and session.country is None:
        return _redirect(PICKER_PATH, {"returnTo": _address(call.request)})
    if page.needs_store and (other := call.fault(faults.OTHER_STORE)):
        last = marketplaces.by_id(call.seller.marketplace_ids[-1]).country
        session.country = str(other.options.get("country", last))
    return None


def _is_over(call: PortalCall) -> bool:
    """Whether the session ends with this page; counts it."""
    session = call.session
    if session.ends_at is not None and call.sandbox.clock.now() >= session.ends_at:
        return True
    if session.pages_left is not None:
        session.pages_left -= 1
        return session.pages_left < 0
    return False


def _redirect(path: str, query: Mapping[str, str] | None = None) -> Response:
    return RedirectResponse(path + (f"?{urlencode(query)}" if query else ""), 302)


def _address(request: Request) -> str:
    """The path and query to return to; for a form's target, those of the home page."""
    if request.method != "GET":
        return "/home"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _log(call: PortalCall, response: Response, fault: Fault | None) -> None:
    account = call.session.account
    seller = call.seller.seller_id if account else None
    call.sandbox.calls.add(
        Call(
            call.sandbox.clock.now(),
            call.operation,
            seller,
            call.sandbox.status_of(response),
            fault=fault.kind.name if fault else None,
        )
    )
