"""The logins for pages that no API serves, from ``config/logins.yaml``. Credentials are in connections."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator

from sellerops.base.errors import ConfigurationError
from sellerops.settings.accounts import load_accounts
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import ConfigFile, Files
from sellerops.settings.queues import BROWSER, check_queue
from sellerops.settings.specs.durations import Duration
from sellerops.settings.specs.strict_model import StrictModel

SITES = ("seller_central", "ads_console", "datarova")
# Prefix of the logins' pool names.
BROWSER_POOL = "browser_"
# The id is part of pool and connection names, whose length Airflow limits.
_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")


class Login(StrictModel):
    """One user of one web site: one browser profile, one job at a time."""

    id: str
    site: str = Field(description=f"one of {', '.join(SITES)}")
    accounts: tuple[str, ...] = Field(min_length=1, description="the accounts whose files it downloads")
    roles: tuple[str, ...] = Field(
        min_length=1, description="what it may see; each report names the role that it needs"
    )
    browser: str = Field(description="`http://host:port` (CDP) or `ws://...` (a bound Playwright endpoint)")
    connection: str = ""
    queue: str = Field(default=BROWSER, description="Airflow queue of the workers that reach the browser")
    live_view: str = Field(default="", description="where a person sees and uses the running browser")
    job_timeout: Duration = Field(default=timedelta(minutes=10), description="longest browser job")
    memory_limit_mb: int = Field(
        default=1500, ge=300, description="most memory that the browser may take in a job"
    )
    picker_names: dict[str, str] = Field(
        default_factory=dict,
        description="account: its name in the site's account picker, where two accounts have the same store",
    )
    person_timeout: Duration = Field(
        default=timedelta(hours=24), description="how long tasks wait for a person before they fail"
    )

    @field_validator("site")
    @classmethod
    def _site_is_known(cls, value: str) -> str:
        if value not in SITES:
            raise ValueError(f"unknown site {value!r}; known: {', '.join(SITES)}")
        return value

    @field_validator("browser")
    @classmethod
    def _browser_is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "ws", "wss") or not parts.hostname or not parts.port:
            raise ValueError(f"{value!r} is not an address such as http://127.0.0.1:9222")
        return value

    _queue_has_a_name = field_validator("queue")(check_queue)

    @property
    def pool(self) -> str:
        """The Airflow pool of the login, with one slot. The prefix keeps it apart from accounts' pools."""
        return f"{BROWSER_POOL}{self.id}"

    @property
    def connection_id(self) -> str:
        """The Airflow connection with user, password and one-time password secret."""
        return self.connection or f"seller_portal_{self.id}"


@dataclass(frozen=True)
class Logins:
    """All logins by id. ``enabled``: switches all browser jobs on or off."""

    enabled: bool
    user_agent_mark: str
    by_id: Mapping[str, Login] = field(default_factory=dict)

    def for_report(self, account_id: str, role: str) -> Login | None:
        """The login that has a role for an account; None if there is none."""
        for login in self.by_id.values():
            if account_id in login.accounts and role in login.roles:
                return login
        return None

    def login_of(self, account_id: str, role: str) -> Login:
        """The login that has a role for an account.

        Raises ConfigurationError if there is none, or while browser jobs are switched off.
        """
        self.refuse_if_off()
        login = self.for_report(account_id, role)
        if login is None:
            raise ConfigurationError(
                f"no login has the role {role} for account {account_id}.",
                where="config/logins.yaml, logins",
                remedy="Add the role to one of the account's logins, then clear the task.",
            )
        return login

    def get(self, login_id: str) -> Login:
        """The login with an id.

        Raises ConfigurationError if the id is unknown, or while browser jobs are switched off.
        """
        self.refuse_if_off()
        if login_id not in self.by_id:
            raise ConfigurationError(
                f"unknown login {login_id!r}.",
                where="config/logins.yaml, logins",
                remedy=f"Known: {', '.join(self.by_id) or 'none'}.",
            )
        return self.by_id[login_id]

    def refuse_if_off(self) -> None:
        """Raise ConfigurationError while browser jobs are switched off."""
        if not self.enabled:
            raise ConfigurationError(
                "browser jobs are switched off.",
                where="config/logins.yaml, enabled",
                remedy="Set `enabled: true` there, then clear the task.",
            )


def load_logins() -> Logins:
    """All logins; while the file is invalid, those of its last valid version.

    Raises ConfigurationError if the file never was valid.
    """
    return LOGINS.load()


def _build(files: Files, path: Path) -> Logins:
    where = shown(path)
    content = files.yaml(path)
    unknown = sorted(str(key) for key in set(content) - {"enabled", "user_agent_mark", "logins"})
    if unknown:
        raise ConfigurationError(f"unknown key {unknown[0]!r}.", where=where, remedy="Remove it.")
    enabled, mark, entries = (
        content.get("enabled", False),
        content.get("user_agent_mark"),
        content.get("logins"),
    )
    if not isinstance(enabled, bool):
        raise ConfigurationError(
            f"`enabled: {enabled!r}` is neither true nor false.", where=where, remedy="Write one of them."
        )
    if not isinstance(mark, str) or not mark.strip():
        raise ConfigurationError(
            "`user_agent_mark` is empty.",
            where=where,
            remedy="Set it to a text that identifies the browser as automated.",
        )
    if not isinstance(entries or {}, dict):
        raise ConfigurationError("`logins` is not a mapping.", where=where, remedy="Write one key per login.")
    logins = {str(name): _login(where, name, fields) for name, fields in (entries or {}).items()}
    _refuse_shared(where, logins)
    return Logins(enabled, mark.strip(), logins)


LOGINS = ConfigFile("logins.yaml", _build)


def _login(where: str, name: object, fields: Any) -> Login:
    where = f"{where}, logins.{name}"
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ConfigurationError(
            "is not a usable login id.",
            where=where,
            remedy="Use up to 60 characters of a-z, 0-9 and _, starting with a letter.",
        )
    if not isinstance(fields, dict):
        raise ConfigurationError(
            "has no keys.", where=where, remedy="Add `site`, `accounts`, `roles`, `browser`."
        )
    try:
        login = Login.model_validate({**fields, "id": name})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"{first['msg']}.", where=f"{where}.{key}", remedy="Compare it with docs/portal.md."
        ) from error
    known = load_accounts()
    for account_id in login.accounts:
        if account_id not in known:
            raise ConfigurationError(
                f"unknown account {account_id!r}.",
                where=f"{where}.accounts",
                remedy=f"Known: {', '.join(known)}.",
            )
        if "seller_portal" not in known[account_id].sources:
            raise ConfigurationError(
                f"account {account_id} does not have the source `seller_portal`.",
                where=f"{where}.accounts",
                remedy="Add it to the account's `sources` in config/accounts.yaml.",
            )
    _refuse_like_stores(where, login)
    return login


def _refuse_like_stores(where: str, login: Login) -> None:
    """Raise ConfigurationError unless accounts with the same store have different account picker names."""
    unknown = sorted(set(login.picker_names) - set(login.accounts))
    if unknown:
        raise ConfigurationError(
            f"{unknown[0]} is not one of the login's accounts.",
            where=f"{where}.picker_names",
            remedy=f"Its accounts: {', '.join(login.accounts)}.",
        )
    if login.site != "seller_central":
        return
    known = load_accounts()
    for one, other in combinations(login.accounts, 2):
        shared = [each.code for each in known[one].marketplaces if each in known[other].marketplaces]
        names = [" ".join(login.picker_names.get(each, "").split()).casefold() for each in (one, other)]
        if shared and (not all(names) or names[0] == names[1]):
            raise ConfigurationError(
                f"{one} and {other} both have the store {shared[0]}.",
                where=f"{where}.picker_names",
                remedy="Name each as the site's account picker does, for example "
                f"`picker_names: {{{one}: Northwind, {other}: Northwind Home}}`.",
            )


def _refuse_shared(where: str, logins: Mapping[str, Login]) -> None:
    """Raise ConfigurationError if two logins have the same browser, or the same role for an account.

    With one browser they would share a profile; with one role it would be unclear which of them to use.
    """
    browsers: dict[str, str] = {}
    served: dict[tuple[str, str], str] = {}
    for login in logins.values():
        other = browsers.setdefault(login.browser, login.id)
        if other != login.id:
            raise ConfigurationError(
                f"has the same browser as {other}.",
                where=f"{where}, logins.{login.id}.browser",
                remedy="Give each login a browser of its own, such as http://127.0.0.1:9223.",
            )
        for account in login.accounts:
            for role in login.roles:
                other = served.setdefault((account, role), login.id)
                if other != login.id:
                    raise ConfigurationError(
                        f"{other} also has the role {role} for {account}.",
                        where=f"{where}, logins.{login.id}.roles",
                        remedy="Leave each role of an account to one login.",
                    )
