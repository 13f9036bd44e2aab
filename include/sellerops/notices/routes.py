"""Which channel a severity goes to, from ``config/notifications.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sellerops.config_files import config_dir, read_yaml
from sellerops.errors import ConfigurationError


class Event(StrEnum):
    """What a notice is about. The first three are how a run ended."""

    SUCCESS = "success"
    PARTIAL_FAILURE = "partial_failure"
    CRITICAL_FAILURE = "critical_failure"
    QUARANTINE = "quarantine"
    DRIFT = "drift"
    DEPRECATION = "deprecation"
    NEEDS_A_PERSON = "needs_a_person"
    LATE = "late"


Severity = Event
_NAMED = (Event.SUCCESS, Event.PARTIAL_FAILURE, Event.CRITICAL_FAILURE)


@dataclass(frozen=True)
class Routes:
    """The Airflow connection of Slack, and the channel of each severity; None stays quiet."""

    connection: str
    channels: dict[Severity, str | None]


class _Slack(BaseModel):
    model_config = ConfigDict(extra="forbid")
    connection: str
    channels: dict[Severity, str | None]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    slack: _Slack


def load_routes(path: Path | None = None) -> Routes:
    """The routes; every severity must be named. Raises ConfigurationError naming file and key."""
    source = path or config_dir() / "notifications.yaml"
    try:
        slack = _File.model_validate(read_yaml(source)).slack
    except ValidationError as error:
        problem = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")  # misspelt first
        key = ".".join(str(part) for part in problem["loc"] if part != "[key]")
        raise ConfigurationError(f"{problem['msg']}.", where=f"{source}, key `{key}`") from error
    missing = [severity.value for severity in _NAMED if severity not in slack.channels]
    if missing:
        raise ConfigurationError(
            f"names no channel for {', '.join(missing)}.",
            where=f"{source}, key `slack.channels`",
            remedy="Name a channel, or null to stay quiet.",
        )
    return Routes(slack.connection, slack.channels)
