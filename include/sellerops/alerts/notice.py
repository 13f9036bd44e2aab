"""The notice about opened alerts, and the keys of their faults, by which their ends are announced."""

from __future__ import annotations

from collections.abc import Sequence

from sellerops.alerts.specs import AlertSpec
from sellerops.alerts.store import Alert
from sellerops.notices import Event, Fault, Notice, slack_blocks
from sellerops.notices.notice import escape
from sellerops.settings.marketplaces import all_marketplaces

_MOST_LINES = 12
EVENTS = {"urgent": Event.BUSINESS_URGENT, "warning": Event.BUSINESS_WARNING}


def fault_key(alert: Alert) -> str:
    """The key of an alert's fault, by which its end is announced to everyone who was notified."""
    return f"alert|{alert.id}"


def alert_notice(specs: dict[str, AlertSpec], alerts: Sequence[Alert], run_url: str = "") -> Notice:
    """One notice for alerts of one account and severity, most money at stake first."""
    first = alerts[0]
    kinds = dict.fromkeys(each.name for each in alerts)
    titles = [specs[name].title if name in specs else name for name in kinds]
    headline = titles[0] if len(titles) == 1 else f"{len(alerts)} alerts: {', '.join(titles[:3])}"
    if len(alerts) == 1:
        headline = f"{titles[0]}: {first.subject}" if first.subject else titles[0]
    lines = [_line(each) for each in alerts[:_MOST_LINES]]
    if len(alerts) > _MOST_LINES:
        lines.append(f"... and {len(alerts) - _MOST_LINES} more; `sellerops alerts list`.")
    remedies = [f"*{specs[name].title}*: {specs[name].remedy}" for name in kinds if name in specs]
    ids = " ".join(str(each.id) for each in alerts[:3])
    known = (
        f"If somebody takes care of it: `sellerops alerts acknowledge {ids}`. "
        f"To mute it, even if it ends and comes back: `sellerops alerts snooze {ids} --days 7`."
    )
    sections = [f"Account {first.account_id}", "\n".join(lines), "\n".join(remedies), known]
    text = "\n".join([headline, *sections])
    context = f"<{run_url}|Run>" if run_url else ""
    return Notice(
        fault_key(first),
        EVENTS[first.severity],
        text,
        slack_blocks(headline, sections, context=context),
        account_ids=(first.account_id,),
        report="alerts",
        faults=tuple(Fault(fault_key(each), f"{each.name} {_place(each)}".strip()) for each in alerts),
    )


def grouped(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """Group the alerts that share a notice, by account and severity, in the given order."""
    groups: dict[tuple[str, str], list[Alert]] = {}
    for each in alerts:
        groups.setdefault((each.severity, each.account_id), []).append(each)
    return list(groups.values())


def _line(alert: Alert) -> str:
    money = ""
    if alert.money_per_day is not None:
        money = f" ({alert.money_per_day:,.2f} {alert.currency} a day)"
    return f"*{escape(_place(alert))}*: {escape(alert.summary)}{money}"


def _place(alert: Alert) -> str:
    codes = {each.id: each.code for each in all_marketplaces().values()}
    return " ".join(filter(None, [codes.get(alert.marketplace_id, alert.marketplace_id), alert.subject]))
