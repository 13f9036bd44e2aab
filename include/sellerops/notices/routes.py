"""Who gets which notice (``config/notices.yaml``): routes by event, report family and account."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from sellerops.base.errors import ConfigurationError
from sellerops.notices.events import ROUTED_LIKE, Event
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import ConfigFile, Files
from sellerops.settings.specs.report import TIME_OF_DAY

FILE = "notices.yaml"
# Read until version 0.2, with a warning.
FORMER_FILE = "notifications.yaml"


class Kind(StrEnum):
    """A kind of channel; ``sellerops_airflow.notifiers.channels`` names the module that sends to it."""

    SLACK = "slack"
    CLICKUP = "clickup"
    TELEGRAM = "telegram"
    EMAIL = "email"


# The Airflow connection of a channel that does not name one.
CONNECTIONS = {
    Kind.SLACK: "slack_default",
    Kind.CLICKUP: "sellerops_clickup",
    Kind.TELEGRAM: "sellerops_telegram",
    Kind.EMAIL: "smtp_default",
}


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _address(value: Any) -> Any:
    """The address as text: a chat id is a number in YAML, and several e-mail addresses may be a list."""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]
Address = Annotated[str, BeforeValidator(_address), Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Filter(_Strict):
    """The families and accounts to which something applies; an empty field matches all."""

    families: Names = ()
    accounts: Names = ()

    def matches(self, family: str, account: str) -> bool:
        return (not self.families or family in self.families) and (
            not self.accounts or account in self.accounts
        )

    @property
    def is_for_all(self) -> bool:
        return not self.families and not self.accounts


class Instead(_Filter):
    """A channel's other address for some families or accounts."""

    to: Address


class Channel(_Strict):
    """An address: a Slack channel, a ClickUp task, a Telegram chat, or e-mail addresses."""

    kind: Kind
    to: Address
    instead: tuple[Instead, ...] = ()
    connection: str = ""

    def target(self, name: str, family: str, account: str) -> Target:
        """The channel's address for a family and an account; ``name``: the channel's name in the file."""
        to = next((each.to for each in self.instead if each.matches(family, account)), self.to)
        return Target(name, self.kind, self.connection or CONNECTIONS[self.kind], to)


class Rule(_Filter):
    """The channels for some events; an empty list sends nothing."""

    events: Annotated[tuple[Event, ...], BeforeValidator(_one_or_more), Field(min_length=1)]
    channels: Names


@dataclass(frozen=True)
class Target:
    """One address. ``channel``: the channel's name in the file; ``to``: the address, as its kind needs it."""

    channel: str
    kind: Kind
    connection: str
    to: str


class DailySummary(_Strict):
    """When the daily summary is sent: ``at`` (``08:30``) in ``timezone``."""

    at: str
    timezone: str

    @field_validator("at", mode="before")
    @classmethod
    def _is_a_time(cls, value: object) -> object:
        if not (isinstance(value, str) and TIME_OF_DAY.fullmatch(value)):
            raise ValueError(f'{value!r} is not a time of day; write it in quotes, such as `at: "08:30"`')
        return value

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"unknown time zone {value!r}; use an IANA name such as America/New_York"
            ) from error
        return value


class Routes(_Strict):
    """The content of the file.

    For each account in a notice, the first matching rule applies; the targets of all these rules get it.
    """

    channels: dict[str, Channel]
    rules: tuple[Rule, ...]
    summary: DailySummary | None = None

    def targets(self, event: Event, family: str = "", accounts: Sequence[str] = ()) -> tuple[Target, ...]:
        """Where a notice goes, each address once. Without an account only general rules match."""
        found: dict[Target, None] = {}
        for account in accounts or ("",):
            rule = self.rule(event, family, account)
            for name in rule.channels if rule else ():
                found[self.channels[name].target(name, family, account)] = None
        return tuple(found)

    def rule(self, event: Event, family: str, account: str) -> Rule | None:
        """The first rule that matches; None if there is none.

        A newer event without a rule uses the rules of the event that ``ROUTED_LIKE`` gives.
        """
        for each in filter(None, (event, ROUTED_LIKE.get(event))):
            for rule in self.rules:
                if each in rule.events and rule.matches(family, account):
                    return rule
        return None

    @property
    def connections(self) -> frozenset[str]:
        """The Airflow connections of all channels."""
        return frozenset(each.connection or CONNECTIONS[each.kind] for each in self.channels.values())


def load_routes(path: Path | None = None) -> Routes:
    """The last valid routes, or those of ``path`` as it is. Raises ConfigurationError with file and key.

    Every event needs a rule for all families and accounts (newer ones fall back to `ROUTED_LIKE`), and every
    rule must be reachable.
    """
    return ROUTES.read(path) if path else ROUTES.load()


def _build(files: Files, path: Path) -> Routes:
    try:
        routes = Routes.model_validate(files.yaml(path))
    except ValidationError as error:
        problem = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")  # misspelt first
        key = ".".join(str(part) for part in problem["loc"] if part != "[key]")
        remedy = _known(problem, key)
        raise ConfigurationError(
            f"{problem['msg']}.", where=f"{shown(path)}, key `{key}`", remedy=remedy
        ) from error
    _check(routes, path)
    return routes


ROUTES = ConfigFile(FILE, _build, former_name=FORMER_FILE)


def unknown_names(routes: Routes, families: Iterable[str], accounts: Iterable[str]) -> list[str]:
    """Unknown families and accounts in rules and channels, one line each; they never match anything."""
    known = {"families": set(families), "accounts": set(accounts)}
    filters: list[tuple[str, _Filter]] = [
        (f"rules.{number}", rule) for number, rule in enumerate(routes.rules)
    ]
    for name, channel in routes.channels.items():
        filters += [(f"channels.{name}.instead.{n}", each) for n, each in enumerate(channel.instead)]
    lines = []
    for key, each in filters:
        for field, noun in (("families", "report family"), ("accounts", "account")):
            for name in getattr(each, field):
                if name not in known[field]:
                    lines.append(f"{key}.{field}: unknown {noun} {name!r}.{_guess(name, known[field])}")
    return lines


def _check(routes: Routes, source: Path) -> None:
    settled: set[Event] = set()
    for number, rule in enumerate(routes.rules):
        key = f"rules.{number}"
        for name in rule.channels:
            if name not in routes.channels:
                raise ConfigurationError(
                    f"unknown channel {name!r}.",
                    where=f"{source}, key `{key}.channels`",
                    remedy=_guess(name, routes.channels).strip() or "Declare it under `channels`.",
                )
        if settled.issuperset(rule.events):
            raise ConfigurationError(
                "can never match: a rule above it takes all of its events.",
                where=f"{source}, key `{key}`",
                remedy="Move it above the general rule, or remove it.",
            )
        settled |= set(rule.events) if rule.is_for_all else set()
    missing = [event.value for event in Event if event not in settled and event not in ROUTED_LIKE]
    if missing:
        raise ConfigurationError(
            f"no general rule covers {', '.join(missing)}.",
            where=f"{source}, key `rules`",
            remedy="Add a rule without families and accounts; `channels: []` sends nothing.",
        )


def _known(problem: Any, key: str) -> str:
    if problem["type"] == "extra_forbidden":
        models = (Rule, Channel, Instead, DailySummary, Routes)
        names = {name for model in models for name in model.model_fields}
        return _guess(key.rpartition(".")[2], names).strip() or "Remove the key."
    return "Correct the value; docs/notices.md describes the keys."


def _guess(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
