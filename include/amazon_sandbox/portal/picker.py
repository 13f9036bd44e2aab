"""The account picker: accounts, each with its stores, which show when its row is expanded."""

from __future__ import annotations

from html import escape

from starlette.responses import RedirectResponse, Response

from amazon_sandbox.portal import layout, store_names
from amazon_sandbox.portal.routes import PICKER_PATH, PortalCall, PortalPage
from amazon_sandbox.simulation import marketplaces

_CHOOSE_PATH = "/account-switcher/choose"
_ROW = "full-page-account-switcher-account-details"


async def show_picker(call: PortalCall) -> Response:
    """All accounts of the user; the current one and its store are marked."""
    title = call.say("Select an account", "Konto auswählen", "アカウントを選択")
    confirm = call.say("Select account", "Konto auswählen", "アカウントを選択")
    mark = ' data-test="confirm-selection"' if call.version == 2 else ""
    rows = "".join(_account(call, account) for account in call.user.accounts)
    body = (
        f"<h1>{title}</h1><div class='full-page-account-switcher'>{rows}</div>"
        f'<form method="post" action="{_CHOOSE_PATH}"><input type="hidden" name="account">'
        f'<input type="hidden" name="country">'
        f'<input type="hidden" name="returnTo" value="{escape(call.query.get("returnTo", "/home"))}">'
        f'<kat-button label="{confirm}"{mark} type="submit" trusted disabled></kat-button></form>'
    )
    return layout.page(call, title, body, script=_SCRIPT)


async def choose(call: PortalCall) -> Response:
    """Show the chosen store from now on."""
    account, country = call.form.get("account", ""), call.form.get("country", "")
    if account not in call.user.accounts or country not in _countries(call, account):
        return RedirectResponse(PICKER_PATH, 303)
    call.session.account, call.session.country = account, country
    target = call.form.get("returnTo", "")
    return RedirectResponse(target if target.startswith("/") else "/home", 303)


def _account(call: PortalCall, account: str) -> str:
    current = _current(call) if account == call.session.account else ""
    stores = "".join(_store(call, account, country) for country in _countries(call, account))
    return (
        f'<div class="full-page-account-switcher-account">'
        f'<button type="button" class="{_ROW}" aria-expanded="false">'
        f"<span>{escape(layout.account_name(account))}{current}</span></button>"
        f'<div class="stores" hidden>{stores}</div></div>'
    )


def _store(call: PortalCall, account: str, country: str) -> str:
    is_current = (account, country) == (call.session.account, call.session.country)
    name = store_names.name_of(country, call.language) + (_current(call) if is_current else "")
    return (
        f'<button type="button" class="{_ROW}" data-account="{account}" data-country="{country}">'
        f"<span>{escape(name)}</span></button>"
    )


def _current(call: PortalCall) -> str:
    return f" ({call.say('current', 'aktuell', '現在')})"


def _countries(call: PortalCall, account: str) -> list[str]:
    seller = next(each for each in call.sandbox.simulation.sellers if each.account == account)
    return [marketplaces.by_id(each).country for each in seller.marketplace_ids]


_SCRIPT = """
for (const row of document.querySelectorAll('.full-page-account-switcher-account > button'))
  row.addEventListener('click', () => {
    const stores = row.nextElementSibling;
    stores.hidden = !stores.hidden;
    row.setAttribute('aria-expanded', String(!stores.hidden));
  });
for (const store of document.querySelectorAll('.stores > button'))
  store.addEventListener('click', () => {
    for (const other of document.querySelectorAll('.stores > button')) other.removeAttribute('aria-pressed');
    store.setAttribute('aria-pressed', 'true');
    const form = document.querySelector('form');
    form.account.value = store.dataset.account;
    form.country.value = store.dataset.country;
    form.querySelector('kat-button').removeAttribute('disabled');
  });
"""

pages = (
    PortalPage("accountPicker", PICKER_PATH, show_picker, needs_store=False),
    PortalPage("accountPicker", _CHOOSE_PATH, choose, ("POST",), needs_store=False),
)
