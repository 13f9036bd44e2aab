"""The notices of confirmed FBA shipments: units that did not arrive, and upcoming deadlines."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sellerops.calendar.backfill import describe_seconds
from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape, link_to
from sellerops.read_models.inbound_deadlines import Deadline, DeadlineKind
from sellerops.read_models.inbound_differences import Difference, OfRun, UnitDifference
from sellerops.settings.marketplaces import Marketplace, all_marketplaces

FAMILY = "fulfilment"
_MOST_SKUS = 20


def difference_notice(difference: Difference, url: str) -> Notice:
    """Units of a shipment that are missing or too many at Amazon; once per shipment and set of SKUs.

    ``url``: the shipment in Seller Central.
    """
    run, units = difference.run, difference.units
    name = difference.confirmation_id or difference.shipment_id
    headline = f"FBA shipment {name} ({run.name}): {_verdict(units)}"
    lines = [f"- {_line(each)}" for each in units[:_MOST_SKUS]]
    if len(units) > _MOST_SKUS:
        more = len(units) - _MOST_SKUS
        lines.append(f"... and {more} more; `sellerops inbound show {run.inbound_run_id}` lists them.")
    place = f" at {difference.warehouse_id}" if difference.warehouse_id else ""
    zone = _marketplace(run).zone
    sections = [
        "\n".join(lines),
        f"{escape(run.account_id)}, {_marketplace(run).code}: delivered{place} by "
        f"{difference.since.astimezone(zone):%Y-%m-%d}, now {difference.status}.",
        _next(units, url),
    ]
    skus = hashlib.sha256("\n".join(sorted(each.sku for each in units)).encode()).hexdigest()[:16]
    key = f"inbound_difference|{run.inbound_run_id}|{difference.shipment_id}|{skus}"
    return _notice(key, Event.INBOUND_DIFFERENCE, run, headline, sections)


def deadline_notice(deadline: Deadline, url: str) -> Notice:
    """One notice per deadline. ``url``: where a person acts on it, in Airflow or Seller Central."""
    headline, sections = _TEXTS[deadline.kind](deadline, url)
    run = deadline.run
    key = f"inbound_{deadline.kind}|{run.inbound_run_id}|{','.join(deadline.shipments)}"
    if deadline.kind is not DeadlineKind.TRACKING:
        key += f"|{deadline.at.isoformat()}"
    return _notice(key, Event.INBOUND_DEADLINE, run, headline, sections)


def _verdict(units: tuple[UnitDifference, ...]) -> str:
    missing = sum(max(each.missing, 0) for each in units)
    over = sum(max(-each.missing, 0) for each in units)
    parts = [f"{_count(missing, 'unit')} not received"] if missing else []
    parts += [f"{_count(over, 'unit')} more received than shipped"] if over else []
    return f"{' and '.join(parts) or 'received units unknown'}, {_count(len(units), 'SKU')}"


def _line(each: UnitDifference) -> str:
    fnsku = f" (FNSKU {escape(each.fnsku)})" if each.fnsku else ""
    received = "Amazon has counted none" if each.received is None else f"received {each.received:,}"
    off = f"{each.missing:,} missing" if each.missing > 0 else f"{-each.missing:,} too many"
    return f"`{escape(each.sku)}`{fnsku}: shipped {each.shipped:,}, {received}: *{off}*"


def _next(units: tuple[UnitDifference, ...], url: str) -> str:
    page = link_to(url, "open the shipment in Seller Central")
    if any(each.missing > 0 for each in units):
        return (
            f"Next: compare with your packing records. Then {page}, tab *Contents*, and request an "
            "investigation of the missing units. Amazon accepts it once the shipment is closed, and asks for "
            "proof of ownership (a supplier's invoice) and proof of delivery (from the carrier)."
        )
    return (
        f"Next: compare with your packing records. Then {page}, tab *Contents*, and tell Amazon what you "
        "shipped: units of another SKU may have been counted here."
    )


def _void(deadline: Deadline, url: str) -> tuple[str, list[str]]:
    cost = _amount(deadline)
    until = _time(deadline.at, deadline.run)
    headline = (
        f"{deadline.run.name}: Amazon's partnered carrier charges {cost}; free cancellation ends in "
        f"{_left(deadline.left)}"
    )
    return headline, [
        f"Shipments: {_shipments(deadline)}. Until {until} you can still cancel without the charge; after "
        "that Amazon charges it even if nothing is shipped.",
        "Next: nothing, if the goods leave as planned. To cancel, "
        f"{link_to(url, 'trigger the DAG fba_inbound_cancel')} with run {deadline.run.inbound_run_id} before "
        "then.",
    ]


def _window(deadline: Deadline, url: str) -> tuple[str, list[str]]:
    name = _shipments(deadline)
    headline = (
        f"{deadline.run.name}: the delivery window of {name} can be changed for {_left(deadline.left)} more"
    )
    chosen = ""
    if deadline.window:
        first, last = (_time(moment, deadline.run) for moment in deadline.window)
        chosen = f"The confirmed window is {first} to {last}. "
    return headline, [
        f"{chosen}Amazon accepts another window until {_time(deadline.at, deadline.run)}.",
        "Next: nothing, if the carrier delivers in this window. Otherwise "
        f"{link_to(url, 'choose another one in Seller Central')}.",
    ]


def _approval(deadline: Deadline, url: str) -> tuple[str, list[str]]:
    headline = (
        f"{deadline.run.name}: Amazon's offer expires in {_left(deadline.left)} and is not approved yet"
    )
    return headline, [
        f"The prices hold until {_time(deadline.at, deadline.run)}. After that they are requested again, and "
        "you are asked again if they have changed.",
        f"Next: {link_to(url, 'approve or reject it in Airflow')}, *Required Actions*.",
    ]


def _tracking(deadline: Deadline, url: str) -> tuple[str, list[str]]:
    headline = f"{deadline.run.name}: tracking numbers are missing for {_shipments(deadline)}"
    return headline, [
        f"The boxes were due to leave on {_time(deadline.at, deadline.run)} with your own carrier, but "
        "Amazon has no tracking numbers. Without them Amazon cannot follow the delivery.",
        f"Next: {link_to(url, 'enter them in Airflow')}, *Required Actions*. If there is no question, "
        "first clear the run's task `ask_tracking`.",
    ]


def _unknown_numbers(deadline: Deadline, url: str) -> tuple[str, list[str]]:
    headline = f"{deadline.run.name}: Amazon does not know tracking numbers of {_shipments(deadline)}"
    return headline, [
        "They were sent more than a day ago, but Amazon has not found them at the carrier (`NOT_VALIDATED`).",
        "Next: compare the numbers with your carrier. To correct them, clear the task `ask_tracking` of "
        f"{link_to(url, 'the run')} and enter them again, or change them in Seller Central.",
    ]


_TEXTS = {
    DeadlineKind.VOID: _void,
    DeadlineKind.DELIVERY_WINDOW: _window,
    DeadlineKind.APPROVAL: _approval,
    DeadlineKind.TRACKING: _tracking,
    DeadlineKind.UNKNOWN_NUMBERS: _unknown_numbers,
}


def _notice(key: str, event: Event, run: OfRun, headline: str, sections: list[str]) -> Notice:
    """A separate message, because people would overlook a reply in the thread of a run from days ago."""
    return Notice.build(key, event, headline, sections, family=FAMILY, account_ids=(run.account_id,))


def _marketplace(run: OfRun) -> Marketplace:
    return next(each for each in all_marketplaces().values() if each.id == run.marketplace_id)


def _time(moment: datetime, run: OfRun) -> str:
    zone: ZoneInfo = _marketplace(run).zone
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"


def _left(left: timedelta) -> str:
    return describe_seconds(max(left.total_seconds(), 0.0))


def _amount(deadline: Deadline) -> str:
    if deadline.amount is None:
        return "the shipping cost"
    return f"{deadline.amount:,.2f} {deadline.currency or ''}".rstrip()


def _shipments(deadline: Deadline) -> str:
    return ", ".join(deadline.shipments)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
