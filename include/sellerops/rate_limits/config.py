"""``config/rate_limits.yaml``: Amazon's usage plans as data, and how much of them we use."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import ConfigFile, Files
from sellerops.settings.specs.durations import Duration


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OperationLimit(_Strict):
    """A usage plan: tokens per second and bucket size; ``[rate, burst]`` in YAML."""

    rate: float = Field(gt=0, le=1000)
    burst: int = Field(ge=1, le=10_000)

    @model_validator(mode="before")
    @classmethod
    def _pair(cls, value: object) -> object:
        if isinstance(value, list):
            if len(value) != 2:
                raise ValueError("write [tokens per second, burst]")
            return {"rate": value[0], "burst": value[1]}
        return value


class ReportTypeLimit(_Strict):
    """Amazon's limits on one report type, in addition to createReport's bucket."""

    cooldown: Duration = timedelta(0)
    per: Literal["marketplace", "account"] = "marketplace"
    daily_budget: int | None = Field(default=None, ge=1)
    instead: tuple[str, ...] = Field(
        default=(), description="Data Kiosk datasets with the same facts, by their names in a query"
    )


class ReuseRules(_Strict):
    """When getReports is called to find an existing report before creating one."""

    every: Duration = timedelta(minutes=10)
    leave: int = Field(default=5, ge=0)
    pages: int = Field(default=3, ge=0)


class RateLimitConfig(_Strict):
    """The whole file; its comments explain each setting."""

    burst_margin: int = Field(default=1, ge=0)
    share: float = Field(default=0.99, gt=0, le=1)
    share_without_burst: float = Field(default=0.9, gt=0, le=1)
    backfill_reserve: int = Field(default=3, ge=0)
    restore_after: Duration = timedelta(minutes=15)
    cooldown_margin: Duration = timedelta(minutes=1)
    reuse: ReuseRules = ReuseRules()
    unlisted_operation: OperationLimit = OperationLimit(rate=0.5, burst=2)
    operations: dict[str, OperationLimit] = Field(default_factory=dict)
    report_types: dict[str, ReportTypeLimit] = Field(default_factory=dict)

    def limit(self, operation: str) -> OperationLimit:
        """The usage plan of an operation (``createReport``)."""
        return self.operations.get(operation, self.unlisted_operation)

    def report_type_limit(self, report_type: str) -> ReportTypeLimit:
        return self.report_types.get(report_type, ReportTypeLimit())

    def used_burst(self, limit: OperationLimit) -> int:
        """How many tokens of the bucket we use at once."""
        return max(1, limit.burst - self.burst_margin)

    def used_share(self, limit: OperationLimit) -> float:
        """The fraction of the rate that we use."""
        return self.share if limit.burst > 1 else self.share_without_burst

    def seconds_for(self, operation: str, calls: int) -> float:
        """Seconds that this number of calls of one account takes, starting with a full bucket."""
        limit = self.limit(operation)
        return max(0, calls - self.used_burst(limit)) / (limit.rate * self.used_share(limit))


def load_rate_limits(path: Path | None = None) -> RateLimitConfig:
    """The configured limits: the last valid version, or exactly the file ``path``.

    Raises ConfigurationError naming file and key.
    """
    return RATE_LIMITS.read(path) if path else RATE_LIMITS.load()


def _build(files: Files, path: Path) -> RateLimitConfig:
    try:
        return RateLimitConfig.model_validate(files.yaml(path))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise ConfigurationError(
            f"{_cause(problem)}.",
            where=f"{shown(path)}, key `{key}`",
            remedy="Correct the key; the comments in the file say what each one takes.",
            key=key,
        ) from error


RATE_LIMITS = ConfigFile("rate_limits.yaml", _build)


def _cause(problem: Any) -> str:
    message: str = problem["msg"]
    return "unknown key" if problem["type"] == "extra_forbidden" else message.removeprefix("Value error, ")
