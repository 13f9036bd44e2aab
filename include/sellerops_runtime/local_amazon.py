"""Runs the local Amazon as a background program, and calls its control API."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from sellerops.base.clock import Clock
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.ports import LOOPBACK, free_port
from sellerops_runtime.processes import Component, plain_environment, wait_until

# Control calls are never repeated, since a call that changes something might then take effect twice. Their
# timeout is therefore as long as the local Amazon may be unresponsive.
ANSWER_SECONDS = 300.0
# The local Amazon accepts any token with Slack's or ClickUp's prefix.
_ANY_SLACK_TOKEN = "xoxb-local"
_ANY_CLICKUP_TOKEN = "pk_local"


class LocalAmazon:
    """``python -m amazon_sandbox`` as a process on its own port. Never imported, to share no code with us."""

    def __init__(
        self,
        *,
        env: Mapping[str, str],
        logs: Path,
        run_dir: Path,
        port: int = 0,
        seed: int = 7,
        scenario: str = "demo",
    ) -> None:
        self.port = port or free_port()
        argv = [sys.executable, "-m", "amazon_sandbox", "--host", LOOPBACK, "--port", str(self.port)]
        argv += ["--seed", str(seed), "--scenario", scenario]
        self.component = Component(
            "amazon",
            argv,
            env=plain_environment(env),
            log=logs / "amazon.log",
            run_dir=run_dir,
            cwd=PROJECT_ROOT / "include",
        )

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self, seconds: float = 300.0) -> None:
        """Start it and wait until it answers. Raises StartError when it exits or takes too long."""
        self.component.start()
        wait_until(self._answers, seconds, "The local Amazon", watch=[self.component])

    def clock(self, *, within: float = ANSWER_SECONDS) -> Clock:
        """The local Amazon's current clock. Raises StartError without an answer ``within`` seconds."""
        return _clock(control(self.url, "GET", "clock", within=within))

    def set_clock(self, *, speed: float, at_least: datetime | None = None) -> Clock:
        """Run its clock at ``speed``; move it forward to ``at_least`` (aware) if it is behind, never back."""
        return set_clock(self.url, speed=speed, at_least=at_least)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/_sandbox/clock", timeout=2.0, trust_env=False).is_success
        except httpx.TransportError:
            return False


def sandbox_environment(url: str) -> dict[str, str]:
    """Variables for airflow_settings.yaml that point its connections at the local Amazon at ``url``."""
    url = url.rstrip("/")
    variables = {
        "AMAZON_SP_ENDPOINT": url,
        "AMAZON_ADS_ENDPOINT": url,
        "AMAZON_LWA_TOKEN_URL": f"{url}/auth/o2/token",
        "SLACK_BOT_TOKEN": _ANY_SLACK_TOKEN,
        "SLACK_BASE_URL": f"{url}/api/",
        "CLICKUP_TOKEN": _ANY_CLICKUP_TOKEN,
        "CLICKUP_BASE_URL": f"{url}/clickup",
    }
    for account in control(url, "GET", "accounts"):
        owner = str(account["account"]).upper()
        for source, credentials in (("SP", account), ("ADS", account.get("ads"))):
            for name in ("client_id", "client_secret", "refresh_token") if credentials else ():
                variables[f"AMAZON_{source}_{owner}_{name.upper()}"] = str(credentials[name])
    return variables | _portal_environment(url)


def _portal_environment(url: str) -> dict[str, str]:
    """Variables that point the logins for web pages at the local Amazon at ``url``."""
    variables = {
        "SELLER_PORTAL_ADDRESS": url,
        "SELLER_PORTAL_ADS_ADDRESS": f"{url}/ads-console",
        "SELLER_PORTAL_DATAROVA_ADDRESS": f"{url}/datarova",
    }
    for user in control(url, "GET", "portal")["users"]:
        name = f"SELLER_PORTAL_NORTHWIND_{str(user['role']).upper()}"
        variables[f"{name}_USER"] = str(user["email"])
        variables[f"{name}_PASSWORD"] = str(user["password"])
        variables[f"{name}_TOTP_SECRET"] = str(user["totp_secret"])
    return variables


def set_clock(url: str, *, speed: float, at_least: datetime | None = None) -> Clock:
    """Run the local Amazon's clock at ``speed``; move it forward to ``at_least`` (aware) if it is behind."""
    change: dict[str, Any] = {"speed": speed}
    if at_least and at_least > _clock(control(url, "GET", "clock")).now():
        change["set"] = at_least.isoformat()
    return _clock(control(url, "POST", "clock", change))


def control(
    url: str, method: str, what: str, body: dict[str, Any] | None = None, *, within: float = ANSWER_SECONDS
) -> Any:
    """Call the local Amazon's control API ``/_sandbox/<what>`` and return the decoded answer.

    Raises StartError when the call is refused or gets no answer ``within`` seconds.
    """
    try:
        answer = httpx.request(method, f"{url}/_sandbox/{what}", json=body, timeout=within, trust_env=False)
        answer.raise_for_status()
        return answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise StartError(
            f"the local Amazon does not respond to {method} /_sandbox/{what}: {error}.",
            where=url,
            remedy="Start it: `make sandbox`.",
        ) from error


def _clock(answer: dict[str, Any]) -> Clock:
    return Clock(
        real_anchor=datetime.fromisoformat(answer["real_anchor"]),
        virtual_anchor=datetime.fromisoformat(answer["virtual_anchor"]),
        speed=float(answer["speed"]),
    )
