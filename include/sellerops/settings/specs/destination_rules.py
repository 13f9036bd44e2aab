"""Routes rows to destinations by family, report and account: ``config/destinations.yaml``."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import shown
from sellerops.settings.known_destinations import DESTINATIONS
from sellerops.settings.last_valid import ConfigFile, Files

FILE = "destinations.yaml"


def check_destinations(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``names`` unchanged. Raises ValueError for an unknown or repeated name."""
    unknown = [name for name in names if name not in DESTINATIONS]
    if unknown:
        raise ValueError(f"unknown destination {unknown[0]!r}; known: {', '.join(DESTINATIONS)}")
    if len(set(names)) != len(names):
        raise ValueError("a destination is listed twice")
    return names


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]
Destinations = Annotated[Names, AfterValidator(check_destinations), Field(min_length=1)]


class DestinationRule(BaseModel):
    """The destinations of these families, reports and accounts; an empty field matches all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    families: Names = ()
    reports: Names = ()
    accounts: Names = ()
    destinations: Destinations


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[DestinationRule, ...] = ()
    marts: Destinations = ("postgres",)


def read_rules(files: Files, path: Path) -> tuple[DestinationRule, ...]:
    """The rules in order; none if the file does not exist.

    Raises ConfigurationError with file, key and remedy.
    """
    return _read(files, path).rules


def _mart_destinations(files: Files, path: Path) -> tuple[str, ...]:
    return _read(files, path).marts


# The destinations in which marts are built.
MART_DESTINATIONS = ConfigFile(FILE, _mart_destinations)


def _read(files: Files, path: Path) -> _File:
    content = files.yaml_or_nothing(path)
    try:
        return _File.model_validate({**content, "rules": content.get("rules") or ()})
    except ValidationError as error:
        detail = error.errors()[0]
        key = ".".join(map(str, detail["loc"]))
        raise ConfigurationError(
            f"{detail['msg'].removeprefix('Value error, ').rstrip('.')}.",
            where=f"{shown(path)}, key `{key}`",
            remedy="Write each rule as `- {families: ads, accounts: my_account, destinations: [postgres]}`; "
            f"its keys are {', '.join(DestinationRule.model_fields)}. Write `marts: [postgres]`.",
        ) from error


def rules_of(rules: Iterable[DestinationRule], *, family: str, report: str) -> tuple[DestinationRule, ...]:
    """The rules that can apply to a report, in order."""
    return tuple(
        rule
        for rule in rules
        if (not rule.families or family in rule.families) and (not rule.reports or report in rule.reports)
    )


def unknown_names(
    rules: Iterable[DestinationRule], *, families: Collection[str], reports: Collection[str],
    accounts: Collection[str], path: Path,
) -> list[ConfigurationError]:  # fmt: skip
    """An error for each unknown name in the rules, because the rule has no effect for that name."""
    known = {"families": families, "reports": reports, "accounts": accounts}
    return [
        ConfigurationError(
            f"unknown name {name!r} in `{kind}`: the rule has no effect for it.",
            where=f"{shown(path)}, key `rules.{number}.{kind}`",
            remedy=_remedy(name, existing),
        )
        for number, rule in enumerate(rules)
        for kind, existing in known.items()
        for name in getattr(rule, kind)
        if name not in existing
    ]


def _remedy(name: str, existing: Collection[str]) -> str:
    guess = difflib.get_close_matches(name, existing, n=1)
    if guess:
        return f"Did you mean {guess[0]!r}?"
    return f"Known: {', '.join(sorted(existing)[:30])}."
