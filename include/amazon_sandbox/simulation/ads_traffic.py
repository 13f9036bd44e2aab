"""What ads showed and cost on a local day: impressions, clicks and cost of each ad and target.

The finest grain is an ad, a target, and what the customer typed or viewed. Every report sums such parts, so a
day has the same totals in all reports. A day's data is complete half a day after its end; invalid clicks are
subtracted during the three days after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from amazon_sandbox.simulation.ads_credits import Credit, candidates, known_credits
from amazon_sandbox.simulation.ads_structure import SB, SD, SP, Ad, Target, structure_of
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import Root, between, pick, poisson, uniforms

PLACEMENTS = ("Top of Search on-Amazon", "Detail Page on-Amazon", "Other on-Amazon")
CHECKED_AFTER = 3 * 86_400
COMPLETE_AFTER = 12 * 3600
CLICKS_PER_SESSION = {SP: 0.27, SB: 0.05, SD: 0.05}
INVALID_SHARE = 0.09
KEPT_DAYS = 256


class Part(NamedTuple):
    """One ad and one target on a day. `clicks`: valid clicks only; `cost`: of one click, in minor units;
    `term`: what the customer typed or viewed; `credited`: clicks that the day's credits require.
    """

    ad: Ad
    target: Target
    term: str
    placement: str
    impressions: int
    invalid_impressions: int
    clicks: int
    invalid_clicks: int
    cost: int
    credited: int


class AdDay(NamedTuple):
    """A local day in its final state: all parts, and everything they may be credited with."""

    parts: tuple[Part, ...]
    candidates: list[Credit]


class Seen(NamedTuple):
    """What is known of a part at an instant."""

    impressions: int
    clicks: int
    cost: int
    invalid_impressions: int
    invalid_clicks: int


# An ad and a target, the eight random numbers drawn for them on the day, and their valid clicks.
_Draw = tuple[Ad, Target, tuple[float, ...], int]
_Needed = Counter[tuple[int, int]]


@lru_cache(maxsize=KEPT_DAYS)
def ad_day(storefront: Storefront, ordinal: int) -> AdDay:
    """The advertising of a day."""
    wanted = candidates(storefront, ordinal)
    needed = _needed(wanted)
    shown = {(credit.ad.id, credit.target.id) for credit in wanted}
    parts: list[Part] = []
    for ad, target, u, clicks in _draws(storefront, ordinal, needed):
        key = (ad.id, target.id)
        is_display = ad.group.campaign.product == SD
        rate = between(u[2], 0.001, 0.004) if is_display else between(u[2], 0.004, 0.014)
        impressions = max(clicks * 3, int((clicks + u[3]) / rate * 0.9), 1 if key in shown else 0)
        if not impressions:
            continue
        parts.append(
            Part(
                ad,
                target,
                pick(u[4], target.terms),
                pick(u[5], PLACEMENTS),
                impressions,
                int(impressions * between(u[6], 0.002, 0.02)),
                clicks,
                int(clicks * INVALID_SHARE + u[7]),
                _cost(target, u),
                needed.get(key, 0),
            )
        )
    return AdDay(tuple(parts), wanted)


def spends(storefront: Storefront, ordinal: int) -> Iterator[tuple[Ad, int]]:
    """The final cost of each part of ``ad_day``, in minor units, without computing the rest of the part."""
    needed = _needed(candidates(storefront, ordinal))
    for ad, target, u, clicks in _draws(storefront, ordinal, needed):
        if clicks:
            yield ad, clicks * _cost(target, u)


def _needed(wanted: list[Credit]) -> _Needed:
    """How many clicks a day's credits require, by ids of ad and target."""
    return Counter((credit.ad.id, credit.target.id) for credit in wanted if credit.is_click)


def _cost(target: Target, u: tuple[float, ...]) -> int:
    """The cost of one click, in minor units."""
    return max(1, round(target.bid * between(u[6], 0.55, 0.98)))


def _draws(storefront: Storefront, ordinal: int, needed: _Needed) -> Iterator[_Draw]:
    """Every ad that could be shown on a day, with each of its targets."""
    sessions = {one.sku: storefront.rate(one, ordinal) / one.conversion for one in storefront.listings}
    rivals: dict[tuple[str, str], int] = {}
    for ad in _running_ads(storefront, ordinal):
        targets = ad.group.targets
        expected = _expected_clicks(storefront, ordinal, ad, sessions, rivals)
        if expected <= 0.0:
            continue
        usual = uniforms(*storefront.key, ad.id, "usual")
        root = Root(*storefront.key, ordinal, ad.id)
        for index, target in enumerate(targets):
            u = root.uniforms(str(target.id), "clicks")
            mean = expected / len(targets) * between(usual[index % 8], 0.5, 1.5)
            clicks = poisson(u[0], mean * between(u[1], 0.7, 1.3))
            yield ad, target, u, max(clicks, needed.get((ad.id, target.id), 0))


def _running_ads(storefront: Storefront, ordinal: int) -> Iterator[Ad]:
    for campaign in structure_of(storefront).campaigns:
        if campaign.runs_on(ordinal):
            for group in campaign.groups:
                yield from group.ads


def _expected_clicks(
    storefront: Storefront,
    ordinal: int,
    ad: Ad,
    sessions: dict[str, float],
    rivals: dict[tuple[str, str], int],
) -> float:
    """Expected clicks on an ad in a day, all targets together. ``rivals`` caches the number of running ads by
    ad product and SKU.
    """
    product = ad.group.campaign.product
    expected = sum(sessions[one.sku] for one in _shown_by(storefront, ad)) * CLICKS_PER_SESSION[product]
    if product == SB:
        return expected
    key = (product, ad.listing.sku)
    if key not in rivals:
        known = structure_of(storefront).ads_of[key]
        rivals[key] = sum(1 for rival in known if rival.group.campaign.runs_on(ordinal))
    return expected / rivals[key]


def _shown_by(storefront: Storefront, ad: Ad) -> list[Listing]:
    if ad.group.campaign.product != SB:
        return list(ad.listings)
    return [listing for listing in storefront.listings if listing.category == ad.listing.category]


def seen(storefront: Storefront, ordinal: int, part: Part, now: int) -> Seen | None:
    """What is known of a part at `now`; None if nothing is known yet."""
    start, end = storefront.marketplace.day_bounds(ordinal)
    if now >= end + CHECKED_AFTER:
        return Seen(
            part.impressions,
            part.clicks,
            part.clicks * part.cost,
            part.invalid_impressions,
            part.invalid_clicks,
        )
    share = min(1.0, (now - start) / (end - start + COMPLETE_AFTER))
    if share <= 0.0:
        return None
    left = min(1.0, 1 - (now - end) / CHECKED_AFTER)  # share of the invalid clicks not yet subtracted
    unchecked = int(part.invalid_clicks * left + part.target.id % 97 / 97)
    clicks = max(int((part.clicks + unchecked) * share), min(part.credited, part.clicks))
    impressions = max(int(part.impressions * share), clicks)
    if not impressions:
        return None
    return Seen(
        impressions,
        clicks,
        clicks * part.cost,
        int(part.invalid_impressions * share),
        int((part.invalid_clicks - unchecked) * share),
    )


def known_of(storefront: Storefront, ordinal: int, now: int) -> tuple[AdDay, list[Credit]]:
    """A day, and what its ads are credited with as known at `now`."""
    day = ad_day(storefront, ordinal)
    return day, known_credits(storefront, ordinal, day.candidates, now)
