"""Which Airflow connections the configuration asks for, and what for."""

from __future__ import annotations

from dataclasses import dataclass

from sellerops.exports import load_exports
from sellerops.notices.routes import CONNECTIONS, Kind, load_routes
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import enabled_specs

# As the form in the Airflow UI calls the types.
_OF_SOURCE = {"amazon_sp": "Amazon Selling Partner", "amazon_ads": "Amazon Ads"}
_OF_CHANNEL = {
    Kind.SLACK: "Slack API",
    Kind.CLICKUP: "ClickUp",
    Kind.TELEGRAM: "Telegram",
    Kind.EMAIL: "SMTP",
}
_OF_DESTINATION = {"bigquery": "Google Cloud"}


@dataclass(frozen=True)
class Wanted:
    """A connection. ``kind``: its type as the UI calls it; ``what_for`` completes "is used by ...".

    ``without``: what happens where it is not there; empty: nothing works without.
    """

    conn_id: str
    kind: str
    what_for: str
    without: str = ""


def wanted_connections() -> list[Wanted]:
    """All that accounts, specs, notifications and exports ask for, each once; what is needed stands first."""
    found = [
        Wanted("sellerops_warehouse", "Postgres", "ledger and tables"),
        Wanted("sellerops_reader", "Postgres", "checks, exports and pages"),
    ]
    found += [
        Wanted(account.connection_of(source), _OF_SOURCE.get(source, source), f"account {account.id}")
        for account in load_accounts().values()
        for source in account.sources
    ]
    destinations = dict.fromkeys(name for spec in enabled_specs() for name in spec.all_destinations)
    found += [
        Wanted(f"sellerops_{name}", _OF_DESTINATION.get(name, "Generic"), f"destination {name}")
        for name in destinations
        if name != "postgres"
    ]
    for name, channel in load_routes().channels.items():
        connection = channel.connection or CONNECTIONS[channel.kind]
        found.append(
            Wanted(connection, _OF_CHANNEL[channel.kind], f"channel {name}", "the channel sends nothing")
        )
    found += [
        Wanted("sellerops_sheets", "Google Cloud", f"export {each.name}", "the export copies nothing")
        for each in load_exports()[0]
        if each.enabled
    ]
    found.append(
        Wanted(
            "sellerops_notifications",
            "Amazon notifications (SQS)",
            "Amazon's notifications",
            "waits poll Amazon instead",
        )
    )
    return _each_once(found)


def _each_once(found: list[Wanted]) -> list[Wanted]:
    merged: dict[str, Wanted] = {}
    for each in found:
        before = merged.get(each.conn_id)
        uses = f"{before.what_for}, {each.what_for}" if before else each.what_for
        merged[each.conn_id] = Wanted(each.conn_id, each.kind, uses, each.without)
    return list(merged.values())
