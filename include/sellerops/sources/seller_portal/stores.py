"""The account and store that a session shows: chosen in the account picker, and read back.

What a page shows depends on the session's store, not on the address. The selectors come from public projects
that use the picker and read the header (2024 to 2026).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sellerops.base.errors import AmazonUnavailable, ConfigurationError
from sellerops.sources.seller_portal.challenges import permission_missing
from sellerops.sources.seller_portal.store_names import is_name_of, plain

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from sellerops.settings.marketplaces import Marketplace
    from sellerops.sources.seller_portal.portal import Portal

PICKER_PATH = "/account-switcher/default/merchantMarketplace"
_ROW = "button.full-page-account-switcher-account-details"
_ACCOUNT = ".full-page-account-switcher-account"
_ERROR = ".full-page-account-switcher-accounts-error"
_CONFIRM = (
    "Select account",
    "Konto auswählen",
    "アカウントを選択",
    "Seleccionar cuenta",
    "Seleziona account",
)
# The header has had both forms: one text "account | store", and two labels.
_GLOBAL = ".dropdown-account-switcher-header-label-global"
_REGIONAL = (
    ".dropdown-account-switcher-header-label-regional-child, .dropdown-account-switcher-header-label-regional"
)
_PARTNER = ".partner-dropdown-button"
_PICKER_MS = 10_000.0
_HEADER_MS = 3_000.0


@dataclass(frozen=True)
class ShownStore:
    """The account and store that the page's header shows; empty texts where it shows none."""

    account: str
    store: str


def shown_store(page: Page) -> ShownStore:
    """The account and the store in the header, which some pages add after they have loaded."""
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    with suppress(PlaywrightTimeout):
        page.locator(f"{_GLOBAL}, {_PARTNER}").first.wait_for(state="attached", timeout=_HEADER_MS)
    if (account := page.locator(_GLOBAL)).count():
        return ShownStore(_text(account), _text(page.locator(_REGIONAL)))
    account_text, _, store = _text(page.locator(_PARTNER)).partition("|")
    return ShownStore(account_text.strip(), store.strip())


def is_shown(portal: Portal) -> bool:
    """Whether the header names the wanted store (any store of the account if none in particular is wanted),
    and the account, as far as its name is known.
    """
    shown = shown_store(portal.page)
    name = _picker_name(portal)
    if name and plain(shown.account) != plain(name):
        return False
    if portal.account_name and shown.account and plain(shown.account) != plain(portal.account_name):
        return False
    return any(is_name_of(shown.store, each) for each in _wanted(portal))


def show_store(portal: Portal) -> None:
    """Choose the portal's account and store in the account picker, and read them back.

    If `picker_names` does not have the account's name, the header may show another account that has the same
    store. The picker is then opened, once per visit, to make sure that only one account has it.

    Raises PermissionMissing when the user's picker does not offer the store, ConfigurationError when several
    accounts have it and `picker_names` does not say which, PageChanged when the page shows another one
    afterwards, AmazonUnavailable when the picker cannot load the accounts.
    """
    is_known = bool(_picker_name(portal)) or portal.account_name is not None
    if not (is_known and is_shown(portal)):
        before, portal.account_name = shown_store(portal.page), None
        was_shown = is_shown(portal)
        portal.session.goto(portal.url(PICKER_PATH, returnTo="/home"))
        _choose(portal, before.account if was_shown else None)
        portal.session.goto(portal.url("/home"))
    if not is_shown(portal):
        raise portal.controls.changed("store in the header")
    shown = shown_store(portal.page)
    portal.store, portal.account_name = shown.store, shown.account


def _choose(portal: Portal, shown: str | None) -> None:
    """Choose the store, unless the account that has it is already shown.

    :param shown: the name of the account that shows such a store; empty if the header names no account; None
        if no such store is shown.
    """
    rows = portal.page.locator(_ROW)
    portal.controls.find("list of accounts", rows, portal.page.locator(_ERROR))
    if portal.controls.has(portal.page.locator(_ERROR)):
        raise AmazonUnavailable("The account picker could not load the accounts.", where="account picker")
    account, store = _find_store(portal)
    if shown is not None and plain(shown) in ("", plain(account)):
        return
    store.click()
    data_test = portal.page.locator('kat-button[data-test="confirm-selection"]')
    confirm = data_test if portal.controls.has(data_test) else portal.controls.button(*_CONFIRM)
    # A real click: the button ignores those that a script makes.
    with portal.page.expect_navigation(wait_until="domcontentloaded", timeout=_PICKER_MS):
        confirm.click()


def _find_store(portal: Portal) -> tuple[str, Locator]:
    """The account that has the wanted store, and the store's row; expands the accounts that may have it."""
    name, wanted = _picker_name(portal), _wanted(portal)
    found: list[tuple[str, Locator]] = []
    accounts = [each for each in portal.page.locator(_ACCOUNT).all() if not _is_nested(each)]
    if not accounts:
        raise portal.controls.changed("list of accounts")
    for account in accounts:
        label = _label(account.locator(_ROW).first)
        if name and plain(label) != plain(name):
            continue
        if not any(is_name_of(label, each) for each in wanted):
            _expand(account)
        match = _store_of(account, wanted)
        if match is not None:
            found.append((label, match))
    if len(found) == 1:
        return found[0]
    raise _not_one(portal, [label for label, _ in found])


def _store_of(account: Locator, wanted: tuple[Marketplace, ...]) -> Locator | None:
    """The row of the first wanted store that the account has, as far as it is expanded."""
    rows = [(each, _label(each)) for each in account.locator(_ROW).filter(visible=True).all()]
    for marketplace in wanted:
        for row, label in rows:
            if is_name_of(label, marketplace):
                return row
    return None


def _expand(account: Locator) -> None:
    """Show the account's stores, unless they are already shown; some accounts have none."""
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    rows = account.locator(_ROW)
    if rows.filter(visible=True).count() > 1:
        return
    rows.first.click()
    with suppress(PlaywrightTimeout):
        rows.nth(1).wait_for(state="visible", timeout=_HEADER_MS)


def _is_nested(account: Locator) -> bool:
    return bool(account.evaluate("(element, row) => !!element.parentElement.closest(row)", _ACCOUNT))


def _label(row: Locator) -> str:
    return " ".join((row.inner_text()).split())


def _text(found: Locator) -> str:
    return " ".join((found.first.text_content() or "").split()) if found.count() else ""


def _wanted(portal: Portal) -> tuple[Marketplace, ...]:
    return (portal.marketplace,) if portal.marketplace else portal.account.marketplaces


def _picker_name(portal: Portal) -> str:
    return portal.session.login.picker_names.get(portal.account.id, "")


def _not_one(portal: Portal, labels: list[str]) -> Exception:
    store = " or ".join(each.name for each in _wanted(portal))
    login, account = portal.session.login, portal.account.id
    if labels:
        return ConfigurationError(
            f"The accounts {', '.join(labels)} all have a store {store}.",
            where=f"include/config/logins.yaml, logins.{login.id}",
            remedy=f"Add `picker_names: {{{account}: <the account's name in the picker>}}`.",
        )
    return permission_missing(
        portal,
        f"The account picker does not offer the store {store} of {account}.",
        f"Ask the account's administrator to give the login's user the store, or remove {account} from the "
        "login; then clear the task.",
    )
