"""When the applications' client secrets expire: by default 180 days after the noted day of renewal.

Amazon does not say how old a secret is, so an owner notes the day on the hub's page *Connections*. Secrets of
Amazon Ads do not expire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape
from sellerops.settings.accounts import Account
from sellerops.settings.upkeep_file import Secrets
from sellerops.upkeep.growth import Urgency

# Prefix of the fault keys.
PREFIX = "secret|"
_SOURCE = "amazon_sp"
_HOW = "docs/upgrade.md, section Client secret, explains how to do this without a gap"


@dataclass(frozen=True)
class SecretAge:
    """The secret of one connection. ``ends_on``: the day it expires; None if no renewal is noted."""

    connection: str
    accounts: tuple[str, ...]
    ends_on: date | None

    def days_left(self, today: date) -> int | None:
        """Days until it expires, negative afterwards; None if no renewal is noted."""
        return (self.ends_on - today).days if self.ends_on else None

    def urgency(self, today: date, rules: Secrets) -> Urgency:
        left = self.days_left(today)
        if left is None or left > rules.warn.days:
            return Urgency.OK
        return Urgency.FAILED if left <= rules.fail.days else Urgency.WARNING


def read_secret_ages(
    connection: psycopg.Connection[Any], accounts: dict[str, Account], rules: Secrets
) -> list[SecretAge]:
    """The secrets of all connections to the Selling Partner API."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "SELECT value FROM sellerops.hub_setting WHERE name = 'secrets_rotated_on'"
        ).fetchone()
    noted = {name: date.fromisoformat(day) for name, day in (row["value"] if row else {}).items()}
    used: dict[str, list[str]] = {}
    for account in accounts.values():
        if _SOURCE in account.api_sources:
            used.setdefault(account.connection_of(_SOURCE), []).append(account.id)
    return [
        SecretAge(name, tuple(ids), noted[name] + rules.lasts if name in noted else None)
        for name, ids in sorted(used.items())
    ]


def fault_key_of(secret: SecretAge) -> str:
    return f"{PREFIX}{secret.connection}"


def secret_notice(secret: SecretAge, today: date, urgency: Urgency) -> Notice:
    """The notice of one secret: sent once, with a daily reminder, and again when it becomes urgent."""
    headline = f"{what_ends(secret, today)}"
    sections = [
        f"Accounts: {', '.join(secret.accounts)}. Without a new secret, nothing is collected for them.",
        f"Next: renew it in the Solution Provider Portal and put it into connection `{secret.connection}`; "
        f"{_HOW}. Then note the day on the hub's page Connections.",
    ]
    event = Event.CRITICAL_FAILURE if urgency is Urgency.FAILED else Event.NEEDS_A_PERSON
    return Notice.build(
        f"{fault_key_of(secret)}|{secret.ends_on}|{urgency}|{today}",
        event,
        escape(headline),
        [escape(each) for each in sections],
        account_ids=secret.accounts,
        fault_key=fault_key_of(secret),
    )


def recovery_line(connection: str) -> str:
    """The text of the recovery."""
    return f"The client secret of connection {connection} was renewed"


def what_ends(secret: SecretAge, today: date) -> str:
    """A sentence that says when the secret expires."""
    left = secret.days_left(today)
    if left is None:
        return f"Nobody has noted when the client secret of connection {secret.connection} was renewed"
    if left < 0:
        return f"The client secret of connection {secret.connection} expired on {secret.ends_on}"
    return f"The client secret of connection {secret.connection} expires on {secret.ends_on}, in {left} days"


__all__ = [
    "PREFIX",
    "SecretAge",
    "fault_key_of",
    "read_secret_ages",
    "recovery_line",
    "secret_notice",
    "what_ends",
]
