"""PORTAL=1: the demo's logins for web pages, and a browser for each on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sellerops.base.errors import BrowserMissing
from sellerops.browsers.executable import find_chromium
from sellerops.browsers.pool import VARIABLE, Pool
from sellerops.settings.config_files import config_dir, read_yaml
from sellerops.settings.logins import load_logins
from sellerops_runtime.config_overlay import link_all
from sellerops_runtime.ports import LOOPBACK, choose_port

# The logins of the demo: the users at the local Amazon whose pages it opens.
ROLES = ("brand_analytics", "business_reports", "finance", "logistics")
FIRST_PORT = 9222
MARK = "sellerops (demo, automated)"
SOURCE, DEFAULT_SOURCE = "seller_portal", "amazon_sp"


@dataclass(frozen=True)
class LocalBrowsers:
    """One browser per login.

    ``home``: folder of their profiles and pid files. ``config``: folder of a configuration with the demo's
    logins.
    """

    home: Path
    config: Path

    def configure(self, source: Path | None = None) -> dict[str, str]:
        """Write a configuration with the demo's logins and with web pages as a source of all accounts.

        The rest is linked to ``source`` (default: the current configuration). Returns the variables that
        select the new configuration.
        """
        origin = source or config_dir()
        link_all(origin, self.config, except_for=["accounts.yaml", "logins.yaml"])
        accounts = read_yaml(origin / "accounts.yaml")["accounts"]
        for fields in accounts.values():
            fields["sources"] = [*fields.get("sources", [DEFAULT_SOURCE]), SOURCE]
        self._write("accounts.yaml", {"accounts": accounts})
        logins = {
            "enabled": True,
            "user_agent_mark": MARK,
            "logins": {
                f"northwind_{role}": _login(role, sorted(accounts), FIRST_PORT + place)
                for place, role in enumerate(ROLES)
            },
        }
        self._write("logins.yaml", logins)
        return {"SELLEROPS_CONFIG_DIR": str(self.config), VARIABLE: str(self.home)}

    def start(self) -> list[str]:
        """Start all browsers; return the logins. Select the configuration first.

        Raises BrowserMissing, BrowserUnavailable and ConfigurationError.
        """
        logins = load_logins()
        for login in logins.by_id.values():
            Pool(self.home).start(login, logins.user_agent_mark)
        return list(logins.by_id)

    def stop(self) -> list[str]:
        """Stop all browsers, also those of a killed demo; return the logins whose browser was running."""
        return Pool(self.home).stop_all()

    def _write(self, name: str, content: dict[str, Any]) -> None:
        (self.config / name).write_text(yaml.safe_dump(content), encoding="utf-8")


def chromium_or_advice(say: Callable[[str], object]) -> bool:
    """Return whether the browsers can run here; if not, say what to install."""
    try:
        find_chromium()
    except BrowserMissing as error:
        say(f"Without web pages, because {error.cause} {error.remedy}")
        return False
    return True


def _login(role: str, accounts: list[str], port: int) -> dict[str, Any]:
    """The settings of a login, whose browser listens on ``port`` (as in a first setup) if that is free."""
    return {
        "site": "seller_central",
        "accounts": accounts,
        "roles": [role],
        "browser": f"http://{LOOPBACK}:{choose_port('', port)}",
    }
