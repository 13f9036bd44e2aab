"""A configuration in which browser jobs are switched on, with logins and some reports of web pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

LOGINS: Mapping[str, Mapping[str, Any]] = {
    "northwind_logistics": {
        "site": "seller_central",
        "accounts": ["northwind_na", "northwind_eu"],
        "roles": ["logistics"],
        "browser": "http://127.0.0.1:9222",
    },
    "northwind_finance": {
        "site": "seller_central",
        "accounts": ["northwind_na"],
        "roles": ["finance"],
        "browser": "http://127.0.0.1:9223",
        "live_view": "https://browsers.example.com/finance",
        "queue": "browser_finance",
    },
}
PAYMENTS = "report__seller_portal__payments_date_range"
# Each uses one of these logins.
REPORTS = ("awd_storage_fees", "payments_date_range")


def switch_on(
    config: Path,
    *,
    logins: Mapping[str, Mapping[str, Any]] = LOGINS,
    reports: Sequence[str] = REPORTS,
    enabled: bool = True,
) -> None:
    """Change a copy of the shipped configuration: these logins, and only these reports of web pages."""
    write_logins(config, logins, enabled=enabled)
    accounts = config / "accounts.yaml"
    text = accounts.read_text(encoding="utf-8")
    # A file that has them already has no such end of a list.
    text = text.replace("amazon_ads]", "amazon_ads, seller_portal, folder]")
    accounts.write_text(text, encoding="utf-8")
    keep_portal_reports(config, reports)
    for name in reports:
        path = config / "reports" / "seller_portal" / f"{name}.yaml"
        text = re.sub(r"^enabled: .*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        path.write_text(text, encoding="utf-8")


def keep_portal_reports(config: Path, reports: Sequence[str]) -> None:
    """Remove all reports of web pages and of the drop folder but these, and those that are like them."""
    kept = {f"like: seller_portal/{name}" for name in reports}
    for path in (config / "reports").glob("seller_portal/*.yaml"):
        if path.stem not in (*reports, "defaults"):
            path.unlink()
    for path in (config / "reports").glob("folder/*.yaml"):
        if path.stem != "defaults" and not kept & set(path.read_text(encoding="utf-8").splitlines()):
            path.unlink()


def write_logins(config: Path, logins: Mapping[str, Mapping[str, Any]], *, enabled: bool = True) -> None:
    """Replace logins.yaml."""
    content = {"enabled": enabled, "user_agent_mark": "sellerops (test)", "logins": dict(logins)}
    (config / "logins.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def days_ago(days: int) -> str:
    """The date (UTC) so many days ago, as trigger forms take it."""
    return (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
