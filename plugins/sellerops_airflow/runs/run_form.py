"""The trigger form of a report: its fields, and their parsed values.

Every field allows null so that it may stay empty; Airflow's UI marks all others as required. The days are in
a collapsed section of their own, because the form of a backfill already has dates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from airflow.sdk import Param

from sellerops.base.errors import FormError
from sellerops.settings.accounts import Account
from sellerops.settings.specs import PeriodKind, ReportSpec

FROM_DAY, TO_DAY, DAYS = "From day", "To day", "Days"
ACCOUNTS, MARKETPLACES, PRIORITY = "Accounts", "Marketplaces", "Priority"
_SECTION = "Days to collect (single run only; a backfill uses its own dates)"
_AGAIN = "and trigger the run again"
# Days; longer than Amazon keeps any data.
_LONGEST = 3650


@dataclass(frozen=True)
class RunForm:
    """The values of a run's form. Days are local to each marketplace and inclusive; empty means unrestricted.

    ``period``: number of closed days before the run. ``accounts``: ids. ``marketplaces``: codes.
    """

    from_day: date | None = None
    to_day: date | None = None
    period: timedelta | None = None
    accounts: frozenset[str] = frozenset()
    marketplaces: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, from_day: str, to_day: str, period: str, accounts: str, marketplaces: str) -> RunForm:
        """Parse rendered template values; lists are comma-separated. Raises FormError for invalid values."""
        first, last = _day(from_day, FROM_DAY), _day(to_day, TO_DAY)
        if first and last and first > last:
            raise FormError(
                f"{FROM_DAY} {first} is after {TO_DAY} {last}.",
                where=_place(FROM_DAY),
                remedy=f"Swap the two days {_AGAIN}.",
            )
        days = _period(period)
        if days and (first or last):
            raise FormError(
                f"both {DAYS} ({days.days}) and {FROM_DAY if first else TO_DAY} are filled in.",
                where=_place(DAYS),
                remedy=f"Fill in either {DAYS}, or {FROM_DAY} and {TO_DAY}, {_AGAIN}.",
            )
        return cls(first, last, days, _names(accounts), _names(marketplaces))

    def refuse_days_in_backfill(self, run_type: str) -> None:
        """Raise FormError when a backfill's form contains days: all its runs would collect the same days."""
        given = FROM_DAY if self.from_day else TO_DAY if self.to_day else ""
        if given and run_type == "backfill":
            raise FormError(
                f"{given} is filled in, but a backfill collects the days in its own date range.",
                where=_place(given),
                remedy=f"Start the backfill with {FROM_DAY} and {TO_DAY} empty, or trigger a single run.",
            )

    def refuse_mismatch(self, marketplaces_by_account: Mapping[str, Collection[str]]) -> None:
        """Raise FormError when the form's accounts and marketplaces do not match.

        :param marketplaces_by_account: codes of the marketplaces that the report covers, by account id.
        """
        if unknown := sorted(self.accounts - set(marketplaces_by_account)):
            raise FormError(
                f"the report does not cover {', '.join(unknown)}.",
                where=_place(ACCOUNTS),
                remedy=f"Choose from {', '.join(sorted(marketplaces_by_account))}, {_AGAIN}.",
            )
        if not self.marketplaces:
            return
        chosen = {
            account: marketplaces_by_account[account] for account in self.accounts or marketplaces_by_account
        }
        remedy = f"Choose from {_listed(chosen)}, {_AGAIN}."
        if stray := sorted(self.marketplaces - {code for codes in chosen.values() for code in codes}):
            raise FormError(
                f"{' or '.join(sorted(chosen))} {'does' if len(chosen) == 1 else 'do'} not sell in "
                f"{', '.join(stray)}.",
                where=_place(MARKETPLACES),
                remedy=remedy,
            )
        for account in sorted(self.accounts):
            if not self.marketplaces & set(chosen[account]):
                codes = ", ".join(sorted(self.marketplaces))
                raise FormError(
                    f"{account} does not sell in any chosen marketplace ({codes}).",
                    where=_place(ACCOUNTS),
                    remedy=remedy,
                )


def form_params(spec: ReportSpec, accounts: Sequence[Account]) -> dict[str, Param]:
    """The fields of the form; none for a snapshot, which always collects the current state."""
    if spec.period.kind is PeriodKind.SNAPSHOT:
        return {}
    marketplaces_by_account = marketplaces_of(spec, accounts)
    owners: dict[str, list[str]] = {}
    for account, codes in marketplaces_by_account.items():
        for code in codes:
            owners.setdefault(code, []).append(account)
    return {
        "from_day": _day_field(
            FROM_DAY,
            "First day to collect, in the marketplace's time zone. Leave empty to use the schedule's window.",
        ),
        "to_day": _day_field(TO_DAY, "Last day to collect, inclusive. Leave empty to collect one day."),
        "period": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=max(1, spec.period.history.days),
            title=DAYS,
            section=_SECTION,
            description=f"Instead of {FROM_DAY} and {TO_DAY}: how many of the last closed days to collect.",
        ),
        "accounts": _list_field(ACCOUNTS, marketplaces_by_account),
        "marketplaces": _list_field(MARKETPLACES, owners),
        "priority": Param(
            "schedule",
            type=["null", "string"],
            enum=["schedule", "backfill", None],
            values_display={
                "schedule": "With scheduled runs",
                "backfill": "After scheduled and manual runs",
                "None": "Default: with scheduled runs",
            },
            title=PRIORITY,
            description="Priority for Amazon's quota. Backfills always yield to scheduled and manual runs.",
        ),
    }


def marketplaces_of(spec: ReportSpec, accounts: Sequence[Account]) -> dict[str, tuple[str, ...]]:
    """Codes of the marketplaces that the report covers, by account id."""
    wanted = spec.marketplaces
    return {
        account.id: tuple(
            each.code for each in account.marketplaces if wanted == "all" or each.code in wanted
        )
        for account in accounts
    }


def _day_field(title: str, text: str) -> Param:
    return Param(
        None, type=["null", "string"], format="date", title=title, section=_SECTION, description=text
    )


def _list_field(title: str, known: Mapping[str, Collection[str]]) -> Param:
    """A multi-select list; each name is shown with its accounts or marketplaces."""
    names = sorted(known)
    return Param(
        [],
        type=["null", "array"],
        items={"type": "string"},
        examples=names,
        values_display={name: f"{name} ({', '.join(known[name])})" for name in names},
        title=title,
        description="Leave empty for all.",
    )


def _place(field: str) -> str:
    return f"Trigger form, {field}"


def _listed(marketplaces_by_account: Mapping[str, Collection[str]]) -> str:
    return "; ".join(
        f"{', '.join(codes)} ({account})" for account, codes in sorted(marketplaces_by_account.items())
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",")) - {"", "None"}


def _day(text: str, field: str) -> date | None:
    """Empty fields render as ``None`` or nothing."""
    if text in ("", "None"):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FormError(
            f"{text!r} is not a valid date.",
            where=_place(field),
            remedy=f"Use YYYY-MM-DD, for example 2026-11-20, {_AGAIN}.",
        ) from error


def _period(text: str) -> timedelta | None:
    if text in ("", "None"):
        return None
    if not text.isdecimal() or not 1 <= int(text) <= _LONGEST:
        raise FormError(
            f"{text!r} is not a number of days.",
            where=_place(DAYS),
            remedy=f"Use a whole number from 1 to {_LONGEST:,} {_AGAIN}.",
        )
    return timedelta(days=int(text))


__all__ = ["RunForm", "form_params", "marketplaces_of"]
