"""How the time a report covers is cut into slices."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from sellerops.settings.specs.durations import Duration
from sellerops.settings.specs.strict_model import StrictModel

AUTO_LOOKBACK_AT_FIRST = timedelta(days=14)


class PeriodKind(StrEnum):
    """How a run's window is cut into slices."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    RANGE = "range"
    SNAPSHOT = "snapshot"
    LISTING = "listing"

    @property
    def is_whole_only(self) -> bool:
        """Whether slices are whole weeks, calendar months or quarters that cannot be split."""
        return self in (PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER)


class Period(StrictModel):
    """The time one slice covers, and how far a run looks back."""

    kind: PeriodKind
    clock: Literal["marketplace", "utc"] = Field(
        default="marketplace", description="time zone of days: the marketplace's, or UTC"
    )
    lookback: Duration = Field(
        default=timedelta(days=1),
        description="how far back a run collects again, because Amazon revises figures; `auto`: as far as "
        "this report's history shows that figures still change",
    )
    lookback_auto: bool = Field(default=False, description="set by `lookback: auto`")
    available_after: Duration = Field(
        default=timedelta(0), description="how long after the end of a period Amazon publishes it"
    )
    max_days: int = Field(
        default=31, ge=1, description="longest window of one request, in days; longer ones are split"
    )
    history: Duration = Field(
        default=timedelta(days=730),
        description="how far back Amazon has data; older slices are marked expired",
    )

    @model_validator(mode="before")
    @classmethod
    def _auto_lookback(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("lookback") == "auto":
            return {**values, "lookback": AUTO_LOOKBACK_AT_FIRST, "lookback_auto": True}
        return values
