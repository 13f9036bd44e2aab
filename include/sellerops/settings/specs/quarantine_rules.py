"""When a load is quarantined instead of stored."""

from __future__ import annotations

from pydantic import Field

from sellerops.settings.specs.strict_model import StrictModel


class QuarantineRules(StrictModel):
    """When to quarantine a load because its figures differ too much from those of earlier days."""

    measure: str = Field(description="the numeric column to sum per day")
    zero: bool = Field(default=True, description="quarantine a day whose sum drops to zero")
    below: float = Field(
        default=0.2, ge=0, lt=1, description="quarantine a day below this fraction of its weekday's median"
    )
    weeks: int = Field(default=8, ge=2, description="how many weeks the median covers")
    minimum: float = Field(default=20, ge=0, description="ignore medians smaller than this")


class CollapseRules(StrictModel):
    """When to quarantine a document because it has too few rows compared with what is stored."""

    rows: int = Field(
        ge=1, description="quarantine a document that would remove all of this many rows or more"
    )
    usual: int = Field(
        ge=1,
        description="if this many rows or more are usual, fewer than the fraction `below` of them count as "
        "none",
    )
    below: float = Field(ge=0, lt=1, description="the smallest plausible fraction of the usual rows")
    skip: str = Field(default="", description="why this check is off for the table; empty: it is on")
