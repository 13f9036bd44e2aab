"""Faults of the portal's pages and files, in addition to those of any call."""

from __future__ import annotations

from amazon_sandbox.core.faults import FaultKind, Stage

# Steps of signing in that only a person can take; drawn when the e-mail is accepted, operation `signIn`.
CAPTCHA = "portal_captcha"
NEW_DEVICE = "portal_new_device"
PASSKEY = "portal_passkey"
CONSENT = "portal_consent"
UNKNOWN_PAGE = "portal_unknown_page"
CODE_REFUSED = "portal_code_refused"
# Of any page.
SIGNED_OUT = "portal_signed_out"
NOT_ALLOWED = "portal_not_allowed"
PAGE_DRIFT = "portal_page_drift"
HEAVY_PAGE = "portal_heavy_page"
NO_PAGE_DATA = "portal_no_page_data"
OTHER_STORE = "portal_other_store"
# Of a file.
WRONG_DATES = "portal_wrong_dates"
WRONG_STORE = "portal_wrong_store"
ERROR_PAGE = "portal_error_page"
TRUNCATED_FILE = "portal_truncated_file"
EMPTY_FILE = "portal_empty_file"
# Of a requested file.
SLOW_FILE = "portal_slow_file"
NO_DATA = "portal_no_data"
FAILED_FILE = "portal_failed_file"
TOO_EARLY = "portal_too_early"

SIGN_IN = "signIn"
SIGN_IN_STEPS = {
    CAPTCHA: "captcha",
    NEW_DEVICE: "new_device",
    PASSKEY: "passkey",
    CONSENT: "consent",
    UNKNOWN_PAGE: "unknown",
}


def _sign_in(name: str, text: str) -> FaultKind:
    return FaultKind(name, Stage.PORTAL, text, {}, (SIGN_IN,))


MENU = (
    _sign_in(CAPTCHA, "signing in asks for the word of a picture"),
    _sign_in(NEW_DEVICE, "signing in asks for a code sent to a phone"),
    _sign_in(PASSKEY, "the account has no password, only a passkey"),
    _sign_in(CONSENT, "signing in asks to accept new terms"),
    _sign_in(UNKNOWN_PAGE, "signing in shows a page that nobody has seen before"),
    _sign_in(CODE_REFUSED, "the right one-time code is refused"),
    FaultKind(SIGNED_OUT, Stage.PORTAL, "the session ends instead of showing the page"),
    FaultKind(NOT_ALLOWED, Stage.PORTAL, "the user may not see the page: /authorization/failed"),
    FaultKind(
        PAGE_DRIFT,
        Stage.PORTAL,
        "a text of the page's HTML is another one, as after a redesign",
        {"text": "what is replaced wherever it occurs", "becomes": "by what, empty"},
    ),
    FaultKind(HEAVY_PAGE, Stage.PORTAL, "the page takes much memory", {"megabytes": "how many, 800"}),
    FaultKind(NO_PAGE_DATA, Stage.PORTAL, "an alert on the page: its data could not be loaded"),
    FaultKind(
        OTHER_STORE,
        Stage.PORTAL,
        "the session shows another store of the account from now on",
        {"country": "which, such as DE; the account's last one"},
    ),
    FaultKind(WRONG_DATES, Stage.PORTAL, "the file covers other days", {"days": "how many earlier, 7"}),
    FaultKind(WRONG_STORE, Stage.PORTAL, "the file is another store's", {"country": "which; another one"}),
    FaultKind(ERROR_PAGE, Stage.PORTAL, "200 with an HTML page under the file's name"),
    FaultKind(TRUNCATED_FILE, Stage.PORTAL, "the file ends early", {"share": "the part that is left, 0.6"}),
    FaultKind(EMPTY_FILE, Stage.PORTAL, "the file has no byte"),
    FaultKind(SLOW_FILE, Stage.PORTAL, "the file takes longer", {"seconds": "virtual seconds more, 3600"}),
    FaultKind(NO_DATA, Stage.PORTAL, "the page says that there is no data"),
    FaultKind(FAILED_FILE, Stage.PORTAL, "the file fails", {"status": "Failed or Canceled, Failed"}),
    FaultKind(TOO_EARLY, Stage.PORTAL, "a dialog says that it is too early to request the file again"),
)
