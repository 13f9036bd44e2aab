"""A real Chromium for tests of web pages, and portals in it: the fixtures `portal_pool` and `enter_portal`.

Tests that use them are skipped where no Chromium is installed.
"""

from __future__ import annotations

import itertools
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.memory import new_folder

# Every test run loads this module; only those with a browser need the rest.
if TYPE_CHECKING:
    from support.sandbox import SandboxServer

    from sellerops.browsers.pool import Pool
    from sellerops.ledger.login_refusals import LoginRefusal
    from sellerops.settings.accounts import Account
    from sellerops.settings.logins import Login
    from sellerops.sources.seller_portal.credentials import PortalCredentials
    from sellerops.sources.seller_portal.password_tries import PasswordTry
    from sellerops.sources.seller_portal.portal import Portal

MARK = "sellerops (test)"
_ACCOUNTS = {"northwind_na": ("NA", ("US", "CA", "MX")), "northwind_eu": ("EU", ("GB", "DE", "FR"))}
_PATHS = {"seller_central": "", "ads_console": "/ads-console", "datarova": "/datarova"}
_jobs = itertools.count(1)


def portal_account(name: str = "northwind_na") -> Account:
    """One of the sandbox's two sellers."""
    from sellerops.settings.accounts import Account
    from sellerops.settings.marketplaces import marketplace

    region, countries = _ACCOUNTS[name]
    return Account(name, region, tuple(map(marketplace, countries)), f"amazon_sp_{name}")


class MemoryRefusals:
    """Refused credentials, without a ledger."""

    def __init__(self) -> None:
        self.known: dict[str, LoginRefusal] = {}

    def find(self, login_id: str) -> LoginRefusal | None:
        return self.known.get(login_id)

    def sent(self, login_id: str, digest: str, tries: int) -> None:
        self._note(login_id, digest, "sent", "", tries)

    def unanswered(self, login_id: str, digest: str, tries: int) -> None:
        self._note(login_id, digest, "unanswered", "", tries)

    def remember(self, login_id: str, digest: str, reason: str) -> None:
        self._note(login_id, digest, "refused", reason, 1)

    def _note(self, login_id: str, digest: str, state: str, reason: str, tries: int) -> None:
        from sellerops.ledger.login_refusals import LoginRefusal, TryState

        self.known[login_id] = LoginRefusal(digest, reason, datetime.now(UTC), TryState(state), tries)

    def forget(self, login_id: str) -> None:
        self.known.pop(login_id, None)


def password_try(credentials: PortalCredentials, refusals: MemoryRefusals | None = None) -> PasswordTry:
    """The notes of one sign-in."""
    from sellerops.sources.seller_portal.password_tries import PasswordTry

    return PasswordTry(refusals or MemoryRefusals(), "northwind", credentials)


def portal_login(role: str = "logistics", *, port: int, **fields: Any) -> Login:
    """A login with one role and a browser at a port of this machine. Name other keys as in logins.yaml."""
    from sellerops.settings.logins import Login

    usual = {
        "id": f"northwind_{role}",
        "site": "seller_central",
        "accounts": tuple(_ACCOUNTS),
        "roles": (role,),
        "browser": f"http://127.0.0.1:{port}",
    }
    return Login.model_validate(usual | fields)


def portal_credentials(
    sandbox: SandboxServer, role: str = "logistics", *, site: str = "seller_central", **changed: str
) -> PortalCredentials:
    """What the connection of a login would have, for the local portal. ``role``: or a seller's account."""
    from sellerops.sources.seller_portal.credentials import PortalCredentials

    users = sandbox.control("GET", "/portal")["users"]
    user = next(each for each in users if each["role"] == role)
    fields = {
        "user": user["email"],
        "password": user["password"],
        "totp_secret": user["totp_secret"],
        "base": sandbox.url + _PATHS[site],
        "connection": f"seller_portal_northwind_{role}",
    }
    return PortalCredentials(**(fields | changed))


def free_port() -> int:
    """A port of this machine that nothing uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def portal_pool() -> Iterator[Pool]:
    """The browsers of this test run, in a folder of their own; ended with it."""
    from sellerops.base.errors import BrowserMissing
    from sellerops.browsers.executable import find_chromium
    from sellerops.browsers.pool import Pool

    try:
        find_chromium()
    except BrowserMissing as error:
        pytest.skip(str(error))
    home = new_folder("sellerops-browsers-")
    pool = Pool(home)
    yield pool
    # Also those that another pool of this home has started again.
    pool.stop_all()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def portal_port(portal_pool: Pool) -> int:
    """The port of the one browser that tests share."""
    return free_port()


EnterPortal = Callable[..., AbstractContextManager["Portal"]]


@pytest.fixture
def enter_portal(portal_pool: Pool, portal_port: int, sandbox: SandboxServer, tmp_path: Path) -> EnterPortal:
    """Opens portals one after the other, all in one browser: ``with enter_portal("US") as portal``.

    Keyword arguments: ``account``, ``role``, ``site``, ``page_name``, ``credentials``, ``refusals``, and
    ``login`` (further keys of the login); ``is_entered`` false: nothing is opened yet.
    """
    from sellerops.browsers.evidence import EvidenceStore
    from sellerops.browsers.session import open_session
    from sellerops.settings.marketplaces import marketplace
    from sellerops.sources.seller_portal.entrance import Entrance
    from sellerops.sources.seller_portal.portal import Portal

    @contextmanager
    def enter(
        country: str | None = "US",
        *,
        account: str = "northwind_na",
        role: str = "logistics",
        site: str = "seller_central",
        page_name: str = "test",
        credentials: PortalCredentials | None = None,
        refusals: MemoryRefusals | None = None,
        login: dict[str, Any] | None = None,
        is_entered: bool = True,
    ) -> Iterator[Portal]:
        made = portal_login(role, port=portal_port, id="northwind", site=site, **(login or {}))
        known = credentials or portal_credentials(sandbox, role, site=site)
        entrance = Entrance(known, refusals or MemoryRefusals())
        with open_session(
            made,
            job_id=next(_jobs),
            secrets=known.secrets,
            user_agent_mark=MARK,
            evidence=EvidenceStore(str(tmp_path / "evidence")),
            is_held=lambda: True,
            pool=portal_pool,
        ) as session:
            portal = Portal(
                session,
                base=known.base,
                page_name=page_name,
                account=portal_account(account),
                marketplace=marketplace(country) if country else None,
                enter=entrance.enter,
            )
            if is_entered:
                entrance.enter(portal)
            yield portal

    return enter
