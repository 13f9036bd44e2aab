"""The frame of the portal's pages."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

from amazon_sandbox.portal import faults, store_names
from amazon_sandbox.portal.routes import PICKER_PATH, PortalCall

KAT_PATH = "/portal-assets/kat.js"
_SWITCH = f"{PICKER_PATH}?returnTo=/home"
_LABEL = "dropdown-account-switcher-header-label"
_LANG = {"en_US": "en-US", "de_DE": "de-DE", "ja_JP": "ja-JP"}


def page(call: PortalCall, title: str, body: str, *, script: str = "", status: int = 200) -> HTMLResponse:
    """A page of a signed-in user: header with the shown store, body (HTML), and its script (JavaScript).

    Applies the faults of pages: a text that drifted, a page that takes much memory, an alert in place of
    data.
    """
    if call.fault(faults.NO_PAGE_DATA):
        body = alert(
            call.say(
                "We could not load your data. Please try again later.",
                "Ihre Daten konnten nicht geladen werden. Versuchen Sie es später erneut.",
                "データを読み込めませんでした。後でもう一度お試しください。",
            )
        )
    if heavy := call.fault(faults.HEAVY_PAGE):
        script += _heavy(int(heavy.options.get("megabytes", 800)))
    html = document(
        call,
        title,
        f"{_header(call)}<main>{body}</main>",
        head='<meta name="anti-csrftoken-a2z" content="local">',
        script=script,
    )
    if drift := call.fault(faults.PAGE_DRIFT):
        html = html.replace(str(drift.options.get("text", "")) or "\0", str(drift.options.get("becomes", "")))
    return HTMLResponse(html, status)


def document(call: PortalCall, title: str, body: str, *, head: str = "", script: str = "") -> str:
    """An HTML document in the page's language, with the ``kat-*`` elements."""
    scripts = f'<script src="{KAT_PATH}?v={call.version}"></script>'
    if script:
        scripts += f"<script>{script}</script>"
    return (
        f'<!DOCTYPE html>\n<html lang="{_LANG[call.language]}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>{head}<style>{_STYLE}</style></head>"
        f"<body>{body}{scripts}</body></html>"
    )


def alert(text: str) -> str:
    """A ``kat-alert`` that says that something went wrong."""
    return f'<kat-alert variant="danger" role="alert">{escape(text)}</kat-alert>'


def _header(call: PortalCall) -> str:
    """With the shown store: version 1 as one text, version 2 as two labels."""
    settings = call.say("Settings", "Einstellungen", "設定")
    account = store = ""
    if call.session.country:
        account = escape(account_name(call.session.account or ""))
        store = escape(store_names.name_of(call.session.country, call.language))
    if call.version == 1:
        shown = f'<a class="partner-dropdown-button" href="{_SWITCH}"><span>{account} | {store}</span></a>'
    else:
        shown = (
            f'<a href="{_SWITCH}"><span class="{_LABEL}-global">{account}</span> '
            f'<span class="{_LABEL}-regional">{store}</span></a>'
        )
    return (
        f'<header><a href="/home">seller central</a> <div id="partner-switcher">{shown}</div> '
        f'<button id="sc-settings" aria-label="{settings}">&#9881;</button></header>'
    )


def account_name(account: str) -> str:
    """A seller's name as pages show it: northwind_na -> Northwind NA."""
    first, _, rest = account.partition("_")
    return f"{first.title()} {rest.upper()}".strip()


def _heavy(megabytes: int) -> str:
    return (
        f"window.ballast = []; for (let i = 0; i < {megabytes}; i++) "
        "{ const part = new Uint8Array(1 << 20); part.fill(i + 1); window.ballast.push(part); }"
    )


_STYLE = (
    "body{font:14px system-ui,sans-serif;margin:0}header{background:#002f36;color:#fff;padding:8px 16px}"
    "header{display:flex;gap:16px}header a{color:#fff}label{margin-right:8px}"
    "main{padding:16px;max-width:70rem}"
    "form.signin{max-width:22rem;margin:3rem auto;display:grid;gap:10px}"
)
