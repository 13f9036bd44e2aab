"""Advertising profiles: one account in one shop; every call but the list of them is made for one.

They are discovered with listProfiles and kept in the ledger (``ads_profile``) for a day.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from sellerops.base.errors import ConfigurationError, NothingToCollect, UnexpectedAnswer
from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.sources.common.answers import Answer

if TYPE_CHECKING:
    from sellerops.sources.amazon_ads.client import AdsClient

log = logging.getLogger(__name__)

PATH = "/v2/profiles"
KEPT_FOR = timedelta(hours=24)
_SELLER = "seller"


@dataclass(frozen=True)
class Profile:
    """One account in one shop. ``timezone`` is the zone of all dates of its reports."""

    profile_id: str
    marketplace_id: str
    country_code: str
    currency_code: str
    timezone: str
    name: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """What the profile says of all rows of its reports."""
        return {
            "profile_id": self.profile_id,
            "currency_code": self.currency_code,
            "timezone": self.timezone,
        }

    @property
    def mismatch(self) -> str:
        """Where it does not go with what we know of its shop, in words; empty: nowhere."""
        shop = next((one for one in all_marketplaces().values() if one.id == self.marketplace_id), None)
        if shop is None:
            return f"the shop {self.marketplace_id} is not in config/marketplaces.yaml"
        pairs = (
            ("time zone", self.timezone, shop.timezone),
            ("currency", self.currency_code, shop.currency),
        )
        return "; ".join(
            f"{what} {theirs}, the shop's is {ours}" for what, theirs, ours in pairs if theirs != ours
        )


class _Known(NamedTuple):
    """What the ledger has: when it was listed, and all profiles."""

    listed_at: datetime
    profiles: tuple[Profile, ...]


# What a process has read is not read again for a while (real seconds): profiles hardly ever change.
_REMEMBERED = 60.0
_known: WeakKeyDictionary[Ledger, dict[str, tuple[float, tuple[Profile, ...]]]] = WeakKeyDictionary()
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()


async def profile_of(client: AdsClient, marketplace_id: str) -> Profile:
    """The account's seller profile in a shop, discovered when the ledger does not know it by now.

    NothingToCollect when there is none; ConfigurationError when there are several.
    """
    known = _remembered(client.ledger, client.account.id)
    if known is None:
        turns = _turns.setdefault(asyncio.get_running_loop(), {})
        async with turns.setdefault(client.account.id, asyncio.Lock()):
            known = await asyncio.to_thread(known_profiles, client.ledger, client.account.id)
            if known is None:
                known = await discover(client)
    return _only(known, marketplace_id, client.account.id)


def check_profile(ledger: Ledger, account_id: str, marketplace_id: str) -> None:
    """NothingToCollect when the ledger knows that there is none; nothing when it does not know."""
    known = known_profiles(ledger, account_id)
    if known is not None:
        _only(known, marketplace_id, account_id)


def facts_of(ledger: Ledger, account_id: str, marketplace_id: str) -> dict[str, str]:
    """The facts of the account's profile in a shop as last listed, however long ago; empty without one."""
    known = ledger.database.run(lambda connection: _read(connection, account_id))
    found = [one for one in (known.profiles if known else ()) if one.marketplace_id == marketplace_id]
    return found[0].facts if len(found) == 1 else {}


def known_profiles(ledger: Ledger, account_id: str) -> tuple[Profile, ...] | None:
    """All profiles of an account as last listed; None when that is longer ago than ``KEPT_FOR``."""
    remembered = _remembered(ledger, account_id)
    if remembered is not None:
        return remembered
    known = ledger.database.run(lambda connection: _read(connection, account_id))
    if known is None or known.listed_at < ledger.clock().now() - KEPT_FOR:
        return None
    _known.setdefault(ledger, {})[account_id] = (time.monotonic(), known.profiles)
    return known.profiles


def _remembered(ledger: Ledger, account_id: str) -> tuple[Profile, ...] | None:
    read_at, found = _known.get(ledger, {}).get(account_id, (0.0, ()))
    return found if read_at and time.monotonic() - read_at < _REMEMBERED else None


async def discover(client: AdsClient) -> tuple[Profile, ...]:
    """List the seller profiles and keep them; what does not go with its shop is told in the log."""
    answer = await client.call("listProfiles", "GET", PATH)
    found = parse_profiles(answer)
    for each in found:
        if each.mismatch:
            log.warning("profile %s of %s: %s", each.profile_id, client.account.id, each.mismatch)
    await asyncio.to_thread(client.ledger.database.run, lambda c: _write(c, client.account.id, found))
    _known.get(client.ledger, {}).pop(client.account.id, None)
    return found


def parse_profiles(answer: Answer) -> tuple[Profile, ...]:
    """The sellers' profiles: those of vendors and agencies have other reports. UnexpectedAnswer."""
    items = answer.get("items")
    if not isinstance(items, list):
        raise UnexpectedAnswer("listProfiles answered without a list.", where=PATH)
    return tuple(_profile(one) for one in items if _account_info(one).get("type") == _SELLER)


def _profile(item: Mapping[str, Any]) -> Profile:
    info = _account_info(item)
    # A whole number in JSON, and a name to us.
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
    there = [profile for profile in known if profile.marketplace_id == marketplace_id]
    if len(there) == 1:
        return there[0]
    shop = next((one.code for one in all_marketplaces().values() if one.id == marketplace_id), marketplace_id)
    where = f"account {account_id}, {shop}"
    if not there:
        raise NothingToCollect(
            f"Amazon Ads has no profile of this account in {shop}: it does not advertise there.",
            where=where,
            remedy="Nothing; once there is a profile, a later run finds it within a day.",
        )
    raise ConfigurationError(
        f"Amazon Ads has several profiles in {shop}: {', '.join(one.profile_id for one in there)}.",
        where=where,
        remedy="Authorise the application anew as a user who sees the profiles of one seller only.",
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
