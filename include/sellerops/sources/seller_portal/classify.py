"""Classifies a page by its address and HTML alone, since signing in is a loop of challenges in any order.

Pages are recognised by ids and addresses that public sign-in scripts have relied on for years; texts change
with the language. The address of consent pages is our assumption.
"""

from __future__ import annotations

from enum import StrEnum
from html.parser import HTMLParser
from urllib.parse import urlsplit


class PageKind(StrEnum):
    """What a page asks for. ``CREDENTIALS``: e-mail and password on one page."""

    EMAIL = "email"
    PASSWORD = "password"
    CREDENTIALS = "credentials"
    CODE = "code"
    DEVICE_CHOICE = "device_choice"
    PHONE_SUGGESTION = "phone_suggestion"
    CAPTCHA = "captcha"
    NEW_DEVICE = "new_device"
    PASSKEY = "passkey"
    CONSENT = "consent"
    ACCOUNT_PICKER = "account_picker"
    NOT_ALLOWED = "not_allowed"
    SIGNED_IN = "signed_in"
    UNKNOWN = "unknown"


_CHALLENGES = frozenset(PageKind) - {
    PageKind.ACCOUNT_PICKER,
    PageKind.NOT_ALLOWED,
    PageKind.SIGNED_IN,
    PageKind.UNKNOWN,
}
SIGNED_IN_MARK = 'meta[name="anti-csrftoken-a2z"]'
NOT_ALLOWED_PATH = "/authorization/failed"
_CAPTCHA_IDS = {"auth-captcha-image", "aa-challenge-whole-page-iframe"}
_PASSKEY_IDS = {"auth-signin-via-passkey-btn", "passkey-signin"}


def is_sign_in(kind: PageKind) -> bool:
    """Whether a page is a step of signing in. The account picker is not: it appears only after signing in."""
    return kind in _CHALLENGES


def classify(url: str, html: str) -> PageKind:
    """The kind of a page. Hidden fields do not count: the password page repeats the e-mail in one."""
    path = urlsplit(url).path
    seen = _Anchors()
    seen.feed(html)
    if seen.ids & _CAPTCHA_IDS or "guess" in seen.names or "/errors/validateCaptcha" in path:
        return PageKind.CAPTCHA
    if "/ap/cvf" in path or "cvf-input-code" in seen.ids or "account-recovery" in path:
        return PageKind.NEW_DEVICE
    if "/ap/accountfixup" in path or "ap-account-fixup-phone-skip-link" in seen.ids:
        return PageKind.PHONE_SUGGESTION
    if "auth-mfa-otpcode" in seen.ids or "otpCode" in seen.names:
        return PageKind.CODE
    if "otpDeviceContext" in seen.names or "auth-send-code" in seen.ids:
        return PageKind.DEVICE_CHOICE
    return _form(path, seen) or _place(path, seen)


def problem_of(html: str) -> str:
    """What the error box of a sign-in page says; empty without one.

    Boxes about empty fields do not count: pages have them from the start, hidden by a style sheet.
    """
    seen = _Anchors()
    seen.feed(html)
    return " ".join(" ".join(seen.problem).split())


def _form(path: str, seen: _Anchors) -> PageKind | None:
    has_email = "email" in seen.types or bool(seen.ids & {"ap_email", "ap_email_login"})
    has_password = "password" in seen.types or "ap_password" in seen.ids
    if has_password:
        return PageKind.CREDENTIALS if has_email else PageKind.PASSWORD
    if has_email and (path.startswith("/ap/") or "/ap/" in path or "/login" in path):
        return PageKind.EMAIL
    if "/ap/" in path and (seen.ids & _PASSKEY_IDS or "webauthn" in path):
        return PageKind.PASSKEY
    return None


def _place(path: str, seen: _Anchors) -> PageKind:
    if "/account-switcher/" in path:
        return PageKind.ACCOUNT_PICKER
    if NOT_ALLOWED_PATH in path:
        return PageKind.NOT_ALLOWED
    if "/consent" in path or "/ap/oa" in path:
        return PageKind.CONSENT
    return PageKind.SIGNED_IN if seen.is_signed_in else PageKind.UNKNOWN


class _Anchors(HTMLParser):
    """Collects the ids, names and types of elements that are not hidden, and the text of error boxes."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.names: set[str] = set()
        self.types: set[str] = set()
        self.problem: list[str] = []
        self.is_signed_in = False
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and whether the text that follows is in an error box."""
        values = {name: value or "" for name, value in attrs}
        if self._depth:
            self._depth += tag not in _VOID
        elif values.get("id") == "auth-error-message-box":
            self._depth = 1
        if tag == "meta" and values.get("name") == "anti-csrftoken-a2z":
            self.is_signed_in = True
        if values.get("aria-label") == "Settings" or values.get("id") == "AACChromeHeaderAccountDropdown":
            self.is_signed_in = True
        if values.get("type") == "hidden" or tag == "meta":
            return
        self.ids.add(values.get("id", ""))
        if tag in ("input", "button", "select"):
            self.names.add(values.get("name", ""))
            self.types.add(values.get("type", ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave an error box."""
        if self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        """Collect the text of an error box."""
        if self._depth:
            self.problem.append(data)


_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
