"""When a report or export runs."""

from __future__ import annotations

from datetime import UTC, datetime, time
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from sellerops.settings.specs.durations import parse_window
from sellerops.settings.specs.strict_model import StrictModel

# Any day will do: whether a cron is ever due does not depend on the start.
_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)


class Schedule(StrictModel):
    """When the report is collected: by ``cron``, or at a fixed time of its own in each window ``between``."""

    cron: str | None = None
    between: tuple[str, ...] = ()
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] | None = (
        None
    )
    day_of_month: int | None = Field(default=None, ge=1, le=28)
    timezone: str

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

    @field_validator("between", mode="before")
    @classmethod
    def _as_tuple(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_kind(self) -> Schedule:
        if bool(self.cron) == bool(self.between):
            raise ValueError("set either `cron` or `between`")
        if self.cron and (self.weekday or self.day_of_month):
            raise ValueError(
                "`weekday` and `day_of_month` need `between`; with `cron`, set the day in the cron"
            )
        if self.weekday and self.day_of_month:
            raise ValueError("set `weekday` or `day_of_month`, not both")
        if self.cron:
            _check_cron(self.cron)
        windows = self.windows
        if any(later[0] < earlier[1] for earlier, later in pairwise(windows)):
            raise ValueError("the windows of `between` overlap or are not in order")
        return self

    @property
    def windows(self) -> list[tuple[time, time]]:
        """The windows of ``between`` as times of day in ``timezone``."""
        return [parse_window(text) for text in self.between]


def _check_cron(text: str) -> None:
    from croniter import CroniterBadDateError, croniter

    if len(text.split()) != 5 or not croniter.is_valid(text):
        raise ValueError(f"{text!r} is not a cron expression with five fields")
    try:
        croniter(text, _ANY_DAY).get_next(datetime)
    except CroniterBadDateError as error:
        raise ValueError(f"{text!r} is never due: it names a day that does not exist") from error
