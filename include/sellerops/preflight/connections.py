"""The Airflow connections that the configuration needs, and what uses them."""

from __future__ import annotations

from dataclasses import dataclass

from sellerops.exports import load_exports
from sellerops.notices.routes import CONNECTIONS, Kind, load_routes
from sellerops.settings.accounts import load_accounts
from sellerops.settings.known_destinations import DESTINATIONS
from sellerops.settings.logins import load_logins
from sellerops.settings.specs import enabled_specs

# Connection types as the Airflow UI shows them.
_OF_SOURCE = {"amazon_sp": "Amazon Selling Partner", "amazon_ads": "Amazon Ads"}
_OF_CHANNEL = {
    Kind.SLACK: "Slack API",
    Kind.CLICKUP: "ClickUp",
    Kind.TELEGRAM: "Telegram",
    Kind.EMAIL: "SMTP",
}


@dataclass(frozen=True)
class RequiredConnection:
    """A connection. ``kind``: its type in the UI; ``used_by`` completes "is used by ...".

    ``if_missing``: what happens without it; empty if it is required.
    """

    conn_id: str
    kind: str
    used_by: str
    if_missing: str = ""


def required_connections() -> list[RequiredConnection]:
    """All connections that the configuration or sellerops itself uses, each once, required ones first."""
    found = [
        RequiredConnection("sellerops_warehouse", "Postgres", "ledger and tables"),
        RequiredConnection("sellerops_reader", "Postgres", "checks, exports and pages"),
    ]
    found += [
        RequiredConnection(
            account.connection_of(source), _OF_SOURCE.get(source, source), f"account {account.id}"
        )
        for account in load_accounts().values()
        for source in account.api_sources
    ]
    logins = load_logins()
    found += [
        RequiredConnection(login.connection_id, "Seller portal", f"login {login.id}")
        for login in logins.by_id.values()
        if logins.enabled
    ]
    destinations = dict.fromkeys(name for spec in enabled_specs() for name in spec.all_destinations)
    found += [
        RequiredConnection(f"sellerops_{name}", DESTINATIONS[name].connection_type, f"destination {name}")
        for name in destinations
        if name != "postgres"
    ]
    for name, channel in load_routes().channels.items():
        connection = channel.connection or CONNECTIONS[channel.kind]
        found.append(
            RequiredConnection(
                connection, _OF_CHANNEL[channel.kind], f"channel {name}", "the channel sends nothing"
            )
        )
    found += [
        RequiredConnection(
            "sellerops_sheets", "Google Cloud", f"export {each.name}", "the export copies nothing"
        )
        for each in load_exports()[0]
        if each.enabled
    ]
    found.append(
        RequiredConnection(
            "sellerops_notifications",
            "Amazon notifications (SQS)",
            "Amazon's notifications",
            "waits poll Amazon instead",
        )
    )
    found.append(
        RequiredConnection(
            "sellerops_storage",
            "Object storage (S3)",
            "archive and folders in S3",
            "the machine's own role is used",
        )
    )
    return _each_once(found)


def _each_once(found: list[RequiredConnection]) -> list[RequiredConnection]:
    merged: dict[str, RequiredConnection] = {}
    for each in found:
        before = merged.get(each.conn_id)
        uses = f"{before.used_by}, {each.used_by}" if before else each.used_by
        merged[each.conn_id] = RequiredConnection(each.conn_id, each.kind, uses, each.if_missing)
    return list(merged.values())
