"""Bodies of the control calls. Unknown fields are refused, because they are most likely typos."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

NotNegative = Annotated[FiniteFloat, Field(ge=0)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClockChange(_Body):
    """`freeze` true sets speed 0; false restarts the clock, at `speed` or 1."""

    speed: NotNegative | None = None
    jump_seconds: FiniteFloat | None = None
    freeze: bool | None = None
    set: str | None = None


class InboundPace(_Body):
    """How long inbound operations take, in virtual seconds; null: each its own time."""

    operation_seconds: NotNegative | None = None


class NewFault(_Body):
    """A fault and what it applies to. `times` null means until it is deleted."""

    fault: str
    operation: str | None = None
    report_type: str | None = None
    account: str | None = None
    seller_id: str | None = None
    marketplace_id: str | None = None
    day: date | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    after: Annotated[int, Field(ge=0)] = 0
    options: dict[str, Any] = {}


class QuotaChange(_Body):
    """A usage plan (operation, rate, burst; for one seller or all) or a daily budget (report_type, daily)."""

    operation: str = "createReport"
    seller_id: str | None = None
    rate: NotNegative | None = None
    burst: Annotated[FiniteFloat, Field(ge=1)] | None = None
    report_type: str | None = None
    daily: Annotated[int, Field(ge=0)] | None = None


class PaceChange(_Body):
    """How fast reports finish: in virtual seconds, or after `reads` getReport calls. `compression`: gzip or
    none, for every type; `rows_per_page`: of the results of queries.
    """

    queue_seconds: NotNegative | None = None
    progress_seconds: NotNegative | None = None
    reads: Annotated[int, Field(ge=0)] | None = None
    compression: Literal["gzip", "none"] | None = None
    rows_per_page: Annotated[int, Field(ge=1)] | None = None


class TokenSettings(_Body):
    """How long new access tokens are valid."""

    lifetime_seconds: Annotated[int, Field(ge=1)]


class RoleChange(_Body):
    """Whether the application has the restricted role (personal data) at an account."""

    account: str
    restricted: bool


class QueueSettings(_Body):
    """The SQS server of the destinations' queues, on this machine."""

    endpoint_url: str | None
    region: str = "us-east-1"


class BulkSize(_Body):
    """Rows of the next all-orders or search terms document."""

    rows: Annotated[int, Field(ge=0)]
