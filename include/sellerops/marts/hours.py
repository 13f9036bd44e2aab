"""How far local time in an account's marketplaces differs from UTC, to find the moments of a local day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from sellerops.base.errors import ConfigurationError
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.mart_tables import Span


@dataclass(frozen=True)
class Hours:
    """The smallest and the largest difference of local time from UTC; UTC itself lies between them."""

    earliest: timedelta
    latest: timedelta

    def local(self, span: Span) -> Span:
        """The local days that moments in a span of UTC days can have."""
        return span.widened(int(self.earliest < timedelta()), int(self.latest > timedelta()))

    def begins(self, day: date) -> datetime:
        """The first moment, in UTC, that can belong to a local day."""
        return datetime.combine(day, time()) - self.latest

    def ends(self, day: date) -> datetime:
        """The first moment, in UTC, that is after a local day everywhere."""
        return datetime.combine(day + timedelta(days=1), time()) - self.earliest


ANYWHERE = Hours(timedelta(hours=-12), timedelta(hours=14))


def hours_from_utc(account_id: str) -> Hours:
    """The differences in the marketplaces of the account's region; anywhere if the account is unknown."""
    try:
        account = load_accounts().get(account_id)
    except ConfigurationError:
        return ANYWHERE
    return _of_region(account.region) if account else ANYWHERE


@cache
def _of_region(region: str) -> Hours:
    zones = {each.zone for each in all_marketplaces().values() if each.region == region}
    # With and without daylight saving time, before and after Brazil and Egypt changed theirs.
    moments = [
        datetime(year, month, 1, tzinfo=zone)
        for zone in zones
        for year in (2019, 2022, 2026)
        for month in (1, 7)
    ]
    found = [timedelta(), *(moment.utcoffset() or timedelta() for moment in moments)]
    return Hours(min(found), max(found))
