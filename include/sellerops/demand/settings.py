"""``config/demand.yaml``: how demand is forecast and orders are proposed, per account."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sellerops.demand.lead_times import Days
from sellerops.settings.last_valid import ConfigFile, Files
from sellerops.settings.spec_files import validation_error

FILE = "demand.yaml"


class DemandSettings(BaseModel):
    """The settings of one account; the comments of the file explain each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spikes: Literal["exclude", "cap", "keep"] = "exclude"
    include_unmapped: bool = False
    force: bool = False
    production_days: float = Field(default=30, ge=0)
    production_sd_days: float = Field(default=7, ge=0)
    transit_days: float = Field(default=35, ge=0)
    transit_sd_days: float = Field(default=7, ge=0)
    review_days: int = Field(default=7, ge=1)
    check_in_days: float = Field(default=7, ge=0)
    check_in_sd_days: float = Field(default=4, ge=0)
    own_warehouse_days: float = Field(default=5, ge=0)
    awd_days: float = Field(default=14, ge=0)
    service_level_by: Literal["class", "newsvendor"] = "class"
    service_level_shift: dict[Literal["A", "B", "C"], float] = {"A": 0.02, "B": 0.0, "C": -0.05}
    min_cover_days: int = Field(default=35, ge=0)
    max_cover_days: int = Field(default=150, ge=1)
    holding_rate: float = Field(default=0.25, ge=0)
    capacity: dict[str, int] = Field(default={}, description="units by code of marketplace")

    @property
    def production(self) -> Days:
        return Days(self.production_days, self.production_sd_days)

    @property
    def transit(self) -> Days:
        return Days(self.transit_days, self.transit_sd_days)

    @property
    def check_in(self) -> Days:
        return Days(self.check_in_days, self.check_in_sd_days)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    defaults: DemandSettings = DemandSettings()
    accounts: dict[str, DemandSettings] = {}


def load_demand_settings(account_id: str) -> DemandSettings:
    """The settings of an account. Raises a ConfigurationError that names file and key."""
    file = DEMAND.load()
    return file.accounts.get(account_id, file.defaults)


def _build(files: Files, path: Path) -> _File:
    content = files.yaml_or_nothing(path)
    defaults, accounts = content.get("defaults"), content.get("accounts")
    merged = dict(content)
    if isinstance(defaults, dict) and isinstance(accounts, dict):
        merged["accounts"] = {
            name: {**defaults, **own} if isinstance(own, dict) else own for name, own in accounts.items()
        }
    try:
        return _File.model_validate(merged)
    except ValidationError as error:
        raise validation_error(
            error,
            _File,
            path_of=lambda _: path,
            derived=(),
            remedy="Correct the key; docs/restock.md describes it.",
        ) from error


DEMAND = ConfigFile(FILE, _build)
