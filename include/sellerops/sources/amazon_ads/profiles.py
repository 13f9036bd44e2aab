"""Advertising profiles: one account in one marketplace. Every call except listProfiles is made for one.

Profiles are discovered with listProfiles and cached in the ledger (``ads_profile``) for a day.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sellerops.base.errors import ConfigurationError, NothingToCollect, UnexpectedAnswer
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.report_api import Client

log = logging.getLogger(__name__)

PATH = "/v2/profiles"
VALID_FOR = timedelta(hours=24)
_SELLER = "seller"


@dataclass(frozen=True)
class Profile:
    """One account in one marketplace. ``timezone`` is the zone of all dates in its reports."""

    profile_id: str
    marketplace_id: str
    country_code: str
    currency_code: str
    timezone: str
    name: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """What the profile adds to every row of its reports."""
        return {
            "profile_id": self.profile_id,
            "currency_code": self.currency_code,
            "timezone": self.timezone,
        }

    @property
    def mismatch(self) -> str:
        """How the profile differs from its marketplace in our configuration; empty if it does not."""
        known = next((one for one in all_marketplaces().values() if one.id == self.marketplace_id), None)
        if known is None:
            return f"the marketplace {self.marketplace_id} is not in config/marketplaces.yaml"
        pairs = (
            ("time zone", self.timezone, known.timezone),
            ("currency", self.currency_code, known.currency),
        )
        return "; ".join(
            f"{what} {theirs}, the marketplace's is {ours}" for what, theirs, ours in pairs if theirs != ours
        )


class _Known(NamedTuple):
    """An account's profiles in the ledger, and when they were listed."""

    listed_at: datetime
    profiles: tuple[Profile, ...]


# For how many real seconds a process remembers the profiles that it read: they hardly ever change.
_REMEMBERED = 60.0
_known: WeakKeyDictionary[Ledger, dict[str, tuple[float, tuple[Profile, ...]]]] = WeakKeyDictionary()
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()


async def profile_of(client: Client, ledger: Ledger, marketplace_id: str) -> Profile:
    """The account's seller profile in a marketplace, discovered if the ledger does not know it.

    NothingToCollect when there is none; ConfigurationError when there are several.
    """
    known = _remembered(ledger, client.account.id)
    if known is None:
        turns = _turns.setdefault(asyncio.get_running_loop(), {})
        async with turns.setdefault(client.account.id, asyncio.Lock()):
            known = await asyncio.to_thread(known_profiles, ledger, client.account.id)
            if known is None:
                known = await discover(client, ledger)
    return _only(known, marketplace_id, client.account.id)


def check_profile(ledger: Ledger, account_id: str, marketplace_id: str) -> None:
    """Raise NothingToCollect if the ledger knows that there is no profile, ConfigurationError if several."""
    known = known_profiles(ledger, account_id)
    if known is not None:
        _only(known, marketplace_id, account_id)


def facts_of(ledger: Ledger, account_id: str, marketplace_id: str) -> dict[str, str]:
    """The facts of the account's profile in a marketplace, as last listed, however long ago that was.

    Empty unless there is exactly one such profile.
    """
    known = ledger.database.run(lambda connection: _read(connection, account_id))
    found = [one for one in (known.profiles if known else ()) if one.marketplace_id == marketplace_id]
    return found[0].facts if len(found) == 1 else {}


def known_profiles(ledger: Ledger, account_id: str) -> tuple[Profile, ...] | None:
    """All profiles of an account as last listed; None if never, or longer ago than ``VALID_FOR``."""
    remembered = _remembered(ledger, account_id)
    if remembered is not None:
        return remembered
    known = ledger.database.run(lambda connection: _read(connection, account_id))
    if known is None or known.listed_at < ledger.clock().now() - VALID_FOR:
        return None
    _known.setdefault(ledger, {})[account_id] = (time.monotonic(), known.profiles)
    return known.profiles


def _remembered(ledger: Ledger, account_id: str) -> tuple[Profile, ...] | None:
    read_at, found = _known.get(ledger, {}).get(account_id, (0.0, ()))
    return found if read_at and time.monotonic() - read_at < _REMEMBERED else None


async def discover(client: Client, ledger: Ledger) -> tuple[Profile, ...]:
    """List the seller profiles and store them; log a warning for each that differs from its marketplace."""
    answer = await client.call("listProfiles", "GET", PATH)
    found = parse_profiles(answer)
    for each in found:
        if each.mismatch:
            log.warning("profile %s of %s: %s", each.profile_id, client.account.id, each.mismatch)
    await asyncio.to_thread(ledger.database.run, lambda c: _write(c, client.account.id, found))
    _known.get(ledger, {}).pop(client.account.id, None)
    return found


def parse_profiles(answer: Answer) -> tuple[Profile, ...]:
    """The seller profiles in an answer; those of vendors and agencies have other reports.

    Raises UnexpectedAnswer when the answer is not a list or a profile lacks a field.
    """
    items = answer.get("items")
    if not isinstance(items, list):
        raise UnexpectedAnswer("listProfiles answered without a list.", where=PATH)
    return tuple(_profile(one) for one in items if _account_info(one).get("type") == _SELLER)


def _profile(item: Mapping[str, Any]) -> Profile:
    info = _account_info(item)
    # profileId is an integer in JSON; we treat it as text.
    values = {
        "profile_id": item.get("profileId"),
        "marketplace_id": info.get("marketplaceStringId"),
        "country_code": item.get("countryCode"),
        "currency_code": item.get("currencyCode"),
        "timezone": item.get("timezone"),
    }
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise UnexpectedAnswer(
            f"a profile has no {', no '.join(missing)}.", where=f"{PATH}, profile {item.get('profileId')}"
        )
    return Profile(**{name: str(value) for name, value in values.items()}, name=str(info.get("name") or ""))


def _account_info(item: object) -> Mapping[str, Any]:
    info = item.get("accountInfo") if isinstance(item, dict) else None
    return info if isinstance(info, dict) else {}


def _only(known: Sequence[Profile], marketplace_id: str, account_id: str) -> Profile:
    found = [profile for profile in known if profile.marketplace_id == marketplace_id]
    if len(found) == 1:
        return found[0]
    code = next((one.code for one in all_marketplaces().values() if one.id == marketplace_id), marketplace_id)
    where = f"account {account_id}, {code}"
    if not found:
        raise NothingToCollect(
            f"Amazon Ads has no profile of this account in {code}: it does not advertise there.",
            where=where,
            remedy="Nothing; once there is a profile, a later run finds it within a day.",
        )
    raise ConfigurationError(
        f"Amazon Ads has several profiles in {code}: {', '.join(one.profile_id for one in found)}.",
        where=where,
        remedy="Authorise the application again as a user who sees the profiles of one seller only.",
    )


def _read(connection: Connection, account_id: str) -> _Known | None:
    rows = connection.execute(
        """
        SELECT listed.listed_at, profile.*
        FROM sellerops.ads_profiles_listed AS listed LEFT JOIN sellerops.ads_profile AS profile
          ON profile.account_id = listed.account_id
        WHERE listed.account_id = %s ORDER BY profile.profile_id
        """,
        (account_id,),
    ).fetchall()
    names = Profile.__dataclass_fields__
    found = (Profile(**{name: row[name] for name in names}) for row in rows if row["profile_id"])
    return _Known(rows[0]["listed_at"], tuple(found)) if rows else None


def _write(connection: Connection, account_id: str, found: Sequence[Profile]) -> None:
    with connection.transaction():
        connection.execute(
            """
            INSERT INTO sellerops.ads_profiles_listed (account_id, listed_at) VALUES (%s, sellerops.now())
            ON CONFLICT (account_id) DO UPDATE SET listed_at = excluded.listed_at
            """,
            (account_id,),
        )
        connection.execute("DELETE FROM sellerops.ads_profile WHERE account_id = %s", (account_id,))
        for each in found:
            connection.execute(
                """
                INSERT INTO sellerops.ads_profile
                    (account_id, profile_id, marketplace_id, country_code, currency_code, timezone, name)
                VALUES (%s, %s, %s, %s, %s, %s, %s)
                """,
                (
                    account_id,
                    each.profile_id,
                    each.marketplace_id,
                    each.country_code,
                    each.currency_code,
                    each.timezone,
                    each.name,
                ),
            )
