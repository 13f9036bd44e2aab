"""Alert files: one SELECT below a YAML header in comments, and their settings in ``config/alerts.yaml``.

The SELECT returns a row for each time the condition is met: ``account_id``, ``marketplace_id`` ('' for a
whole account), ``subject``, ``summary`` (what a person reads), ``money_per_day`` (null: unknown),
``currency`` and ``evidence`` (jsonb). It may use ``%(today)s``, ``%(account_id)s`` and its thresholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sellerops.base.errors import ConfigurationError
from sellerops.settings.accounts import load_accounts
from sellerops.settings.config_files import config_dir, parse_mapping, shown
from sellerops.settings.last_valid import ConfigFile, Files, load_last_valid
from sellerops.settings.spec_files import (
    SpecFailure,
    load_spec_files,
    refuse_unusable_name,
    suggestion,
    unknown_name,
    validation_error,
)

_REMEDY = "Correct the comment lines at the top of the alert."
_FILE = "alerts.yaml"
Severity = Literal["urgent", "warning"]
Value = int | float | str | list[str]


class AlertSpec(BaseModel):
    """One alert, named after its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    path: str = Field(exclude=True)
    sql: str = Field(exclude=True)
    title: str = Field(description="headline of the notice")
    description: str
    remedy: str = Field(description="what you do about it")
    inputs: tuple[str, ...] = Field(
        min_length=1, description="marts by name, other tables as <schema>.<table>"
    )
    severity: Severity = "warning"
    tells_costs: bool = Field(
        default=False,
        description="its summary contains a cost or margin, which an owner may hide from partners",
    )
    thresholds: dict[str, str] = Field(default={}, description="meaning of each value in config/alerts.yaml")

    @property
    def marts_read(self) -> tuple[str, ...]:
        return tuple(name for name in self.inputs if "." not in name)

    @property
    def tables(self) -> tuple[str, ...]:
        """The physical tables that it reads."""
        return tuple(name if "." in name else f"sellerops_marts.{name}" for name in self.inputs)


class AlertSetting(BaseModel):
    """What ``config/alerts.yaml`` says about one alert, in general or for one account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool | None = None
    severity: Severity | None = None
    thresholds: dict[str, Value] = {}


class AlertSettings(BaseModel):
    """The content of the file: settings by alert, and by account and alert; the latter take precedence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alerts: dict[str, AlertSetting] = {}
    accounts: dict[str, dict[str, AlertSetting]] = {}

    def of(self, alert: AlertSpec, account: str) -> AlertSetting:
        """The settings that apply to an alert for an account."""
        general = self.alerts.get(alert.name, AlertSetting())
        special = self.accounts.get(account, {}).get(alert.name, AlertSetting())
        return AlertSetting(
            enabled=general.enabled if special.enabled is None else special.enabled,
            severity=special.severity or general.severity or alert.severity,
            thresholds={**general.thresholds, **special.thresholds},
        )


def load_alerts(directory: Path | None = None) -> list[AlertSpec]:
    """All valid alerts, sorted by name; for an invalid one, its last valid version, if any."""
    return alerts_and_failures(directory)[0]


def alerts_and_failures(directory: Path | None = None) -> tuple[list[AlertSpec], list[SpecFailure]]:
    """All valid alerts, and all failures. For an invalid file, its last valid version is used, if any."""
    folder = directory or config_dir() / "alerts"
    return load_spec_files([(path.name, path) for path in sorted(folder.glob("*.sql"))], folder, _build)


def alerts_without_costs() -> frozenset[str]:
    """The names of the alerts whose summaries everybody may read; never a name without a spec."""
    return frozenset(each.name for each in load_alerts() if not each.tells_costs)


def load_alert(name: str, directory: Path | None = None) -> AlertSpec:
    """One alert in its last valid version.

    Raises ConfigurationError that suggests the nearest name if it is unknown, or if it never was valid.
    """
    folder = directory or config_dir() / "alerts"
    path = folder / f"{name}.sql"
    if path.is_file():
        return load_last_valid(path.name, lambda files: _build(path, files), root=folder).value
    raise unknown_name("alert", name, [each.stem for each in sorted(folder.glob("*.sql"))], folder)


def settings_problems(settings: AlertSettings, alerts: list[AlertSpec]) -> list[str]:
    """Unknown names and missing thresholds in the settings, one line each."""
    known = {each.name: each for each in alerts}
    lines = []
    places: list[tuple[str, str, AlertSetting]] = [
        ("alerts", name, each) for name, each in settings.alerts.items()
    ]
    for account, parts in settings.accounts.items():
        if account not in load_accounts():
            lines.append(
                f"accounts: unknown account {account!r}. {suggestion(account, list(load_accounts()))}"
            )
        places += [(f"accounts.{account}", name, each) for name, each in parts.items()]
    for place, name, setting in places:
        if name not in known:
            lines.append(f"{place}: unknown alert {name!r}. {suggestion(name, list(known))}")
            continue
        for threshold in setting.thresholds:
            if threshold not in known[name].thresholds:
                guess = suggestion(threshold, list(known[name].thresholds))
                lines.append(f"{place}.{name}: unknown threshold {threshold!r}. {guess}")
    for alert in alerts:
        given = settings.alerts.get(alert.name, AlertSetting()).thresholds
        lines += [
            f"alerts.{alert.name}: threshold {each!r} is missing."
            for each in alert.thresholds
            if each not in given
        ]
    return lines


def _build_settings(files: Files, path: Path) -> AlertSettings:
    content: Mapping[str, Any] = files.yaml(path)
    try:
        return AlertSettings.model_validate(content)
    except ValidationError as error:
        raise validation_error(
            error,
            AlertSettings,
            path_of=lambda _: path,
            derived=(),
            remedy="docs/alerts.md describes the keys.",
        ) from error


SETTINGS = ConfigFile(_FILE, _build_settings)


def _build(path: Path, files: Files) -> AlertSpec:
    refuse_unusable_name(path, "alert")
    lines = files.text(path).splitlines()
    head = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    text = "\n".join(line.removeprefix("--").removeprefix(" ") for line in lines[:head])
    if not text.strip():
        raise ConfigurationError(
            "the header is missing.",
            where=shown(path),
            remedy="Start with comment lines such as `-- inputs: [...]`.",
        )
    given = {"name": path.stem, "path": str(path), "sql": "\n".join(lines[head:]).strip().removesuffix(";")}
    try:
        return AlertSpec.model_validate({**parse_mapping(text, path), **given})
    except ValidationError as error:
        raise validation_error(
            error, AlertSpec, path_of=lambda _: path, derived=("name", "path", "sql"), remedy=_REMEDY
        ) from error
