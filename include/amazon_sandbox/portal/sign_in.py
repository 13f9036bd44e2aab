"""Signing in: a loop of steps in an order drawn from the seed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from amazon_sandbox.portal import faults, layout, sign_in_forms
from amazon_sandbox.portal.routes import SIGN_IN_PATH, PortalCall, PortalPage
from amazon_sandbox.simulation import marketplaces
from amazon_sandbox.simulation.streams import number, shuffled, stream, token

# step: the path of its page
PATHS = {
    "email": SIGN_IN_PATH,
    "password": SIGN_IN_PATH,
    "code": "/ap/mfa",
    "device_choice": "/ap/mfa/new-otp",
    "phone_suggestion": "/ap/accountfixup",
    "captcha": "/errors/validateCaptcha",
    "new_device": "/ap/cvf/request",
    "passkey": "/ap/signin/passkey",
    "consent": "/consent/agreement",
    "unknown": "/ap/notice",
}
DATAROVA_PATH = "/datarova/login"
# Shown or not, at random: a client can take these steps itself.
_HARMLESS = ("device_choice", "phone_suggestion")
# Only a person can take these; once is enough.
PERSONS = ("captcha", "new_device", "consent", "unknown", "passkey")


def steps_after_email(seed: int, attempt: int, email: str, extra: Collection[str] | None) -> list[str]:
    """The steps of one sign-in after the e-mail: password (or passkey) and code, and ``extra`` ones (None:
    drawn at random), in a random order in which the code comes after the password.
    """
    rng = stream(seed, attempt, email, "portal sign-in")
    wanted = [step for step in _HARMLESS if rng.random() < 0.5] if extra is None else list(extra)
    steps = ["passkey"] if "passkey" in wanted else ["password"]
    steps.append("code")
    for step in shuffled([each for each in wanted if each not in ("passkey", "device_choice")], rng):
        first = 0 if step == "captcha" else 1
        steps.insert(first + int(rng.random() * (len(steps) - first + 1)), step)
    if "device_choice" in wanted:
        steps.insert(steps.index("code"), "device_choice")
    return steps


async def show(call: PortalCall) -> Response:
    """The page of the step that is due; any address of the loop leads there."""
    session = call.session
    if back := call.query.get("openid.return_to"):
        session.return_to = _local(back)
    if session.is_signed_in:
        return RedirectResponse(session.return_to or "/home", 302)
    step = session.steps[0] if session.user else "email"
    if call.request.url.path != PATHS[step]:
        return RedirectResponse(PATHS[step], 302)
    session.shown.append(step)
    problem, session.problem = session.problem, ""
    body = sign_in_forms.FORMS[step](call)
    error = f'<div id="auth-error-message-box" role="alert">{escape(problem)}</div>' if problem else ""
    return HTMLResponse(layout.document(call, sign_in_forms.TITLE, error + body))


async def take(call: PortalCall) -> Response:
    """Handle a form of the loop: complete the step, or show it again with the problem."""
    session = call.session
    if session.is_signed_in:
        return RedirectResponse(session.return_to or "/home", 303)
    if session.user is None:
        _take_email(call)
    elif call.request.url.path == PATHS[session.steps[0]]:
        step = session.steps[0]
        if _TAKERS[step](call):
            session.steps.pop(0)
            if step in PERSONS:
                session.resolved.add(step)
        if not session.steps:
            _enter(call)
    return RedirectResponse(session.return_to or "/home" if session.is_signed_in else SIGN_IN_PATH, 303)


async def datarova(call: PortalCall) -> Response:
    """The third-party tool's own form: e-mail and password on one page, no code."""
    session = call.session
    if back := call.query.get("openid.return_to"):
        session.return_to = _local(back)
    if call.request.method == "POST":
        user = call.state.user(call.form.get("email", ""))
        if user and user.password == call.form.get("password"):
            session.user, session.steps = user, []
            _enter(call)
            return RedirectResponse(session.return_to or "/datarova", 303)
        session.problem = "E-mail or password is wrong."
    problem, session.problem = session.problem, ""
    error = f'<div id="auth-error-message-box" role="alert">{escape(problem)}</div>' if problem else ""
    return HTMLResponse(layout.document(call, "Datarova", error + sign_in_forms.datarova_form()))


def _take_email(call: PortalCall) -> None:
    session, state = call.session, call.state
    user = state.user(call.form.get("email", ""))
    if user is None:
        session.problem = "We cannot find an account with that email address"
        return
    session.user = user
    settings = state.settings
    extra = list(settings.challenges) if settings.challenges is not None else None
    drawn = [step for name, step in faults.SIGN_IN_STEPS.items() if call.fault(name)]
    if drawn:
        extra = [*(extra if extra is not None else []), *drawn]
    if extra is not None:
        extra = [step for step in dict.fromkeys(extra) if step not in session.resolved]
    seed = call.sandbox.simulation.seed + settings.challenge_seed
    session.steps = steps_after_email(seed, state.sign_ins, user.email, extra)
    session.captcha = token("ABCDEFGHKLMNPRTUWXY", 6, seed, state.sign_ins, "captcha")
    state.sign_ins += 1


def _take_password(call: PortalCall) -> bool:
    if call.form.get("password") == call.user.password:
        return True
    call.session.problem = "Your password is incorrect"
    return False


def _take_code(call: PortalCall) -> bool:
    code = call.form.get("otpCode", "")
    if not call.fault(faults.CODE_REFUSED) and call.user.accepts_code(code, call.sandbox.clock.real_now()):
        return True
    call.session.problem = "The One Time Password (OTP) you entered is not valid. Please try again."
    return False


def _take_captcha(call: PortalCall) -> bool:
    if call.form.get("guess", "").strip().upper() == call.session.captcha:
        return True
    seed = number(call.session.captcha, "next")
    call.session.captcha = token("ABCDEFGHKLMNPRTUWXY", 6, seed, "captcha")
    call.session.problem = "Type the characters you see in this image"
    return False


def _take_new_device(call: PortalCall) -> bool:
    code = call.form.get("code", "")
    return len(code) == 6 and code.isdecimal()


def _take_device(call: PortalCall) -> bool:
    return bool(call.form.get("otpDeviceContext"))


def _take_anything(call: PortalCall) -> bool:
    return True


_TAKERS: dict[str, Callable[[PortalCall], bool]] = {
    "password": _take_password,
    "code": _take_code,
    "device_choice": _take_device,
    "phone_suggestion": _take_anything,
    "captcha": _take_captcha,
    "new_device": _take_new_device,
    "passkey": _take_anything,
    "consent": _take_anything,
    "unknown": _take_anything,
}


def _enter(call: PortalCall) -> None:
    """Start the session's limits once the user is in; a single account's first store is shown at once."""
    session, settings = call.session, call.state.settings
    session.pages_left = settings.session_pages
    minutes = settings.session_minutes
    session.ends_at = None if minutes is None else call.sandbox.clock.now() + 60 * minutes
    if len(call.user.accounts) == 1:
        session.account = call.user.accounts[0]
        session.country = marketplaces.by_id(call.seller.marketplace_ids[0]).country


def _local(address: str) -> str:
    """The path and query of an address, of whatever host."""
    parts = urlsplit(address)
    return (parts.path or "/home") + (f"?{parts.query}" if parts.query else "")


pages = (
    *(
        PortalPage(faults.SIGN_IN, path, show, is_public=True, needs_store=False)
        for path in dict.fromkeys(PATHS.values())
    ),
    *(
        PortalPage(faults.SIGN_IN, path, take, ("POST",), is_public=True, needs_store=False)
        for path in dict.fromkeys(PATHS.values())
    ),
    PortalPage(faults.SIGN_IN, DATAROVA_PATH, datarova, ("GET", "POST"), is_public=True, needs_store=False),
)
