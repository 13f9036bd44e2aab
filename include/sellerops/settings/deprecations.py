"""What Amazon removes: announced dates, the reports affected, and when to notify people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import ConfigFile, Files
from sellerops.settings.specs import ReportSpec

# People are notified once at each of these numbers of days before the removal; 0: Amazon has removed it.
THRESHOLDS = (90, 30, 7, 0)


class Kind(StrEnum):
    """What kind of thing Amazon removes."""

    REPORT_TYPE = "report type"
    OPERATION = "operation"
    DATA_KIOSK = "Data Kiosk schema"


@dataclass(frozen=True)
class Deprecation:
    """One thing Amazon removes. ``removed_on`` None: already removed (``is_removed``), or no date yet."""

    kind: Kind
    name: str
    removed_on: date | None
    is_removed: bool
    replacement: str
    source: str

    def days_left(self, today: date) -> int | None:
        """Days until the announced date, negative after it; None without a date."""
        return (self.removed_on - today).days if self.removed_on else None

    def is_gone(self, today: date) -> bool:
        left = self.days_left(today)
        return self.is_removed or (left is not None and left <= 0)

    def is_used_by(self, spec: ReportSpec) -> bool:
        """Whether the report depends on it."""
        request = spec.request
        if self.kind is Kind.REPORT_TYPE:
            return spec.report_type == self.name
        if self.kind is Kind.OPERATION:
            return request.operation == self.name
        return self.name in (request.query or "")


@dataclass(frozen=True)
class DeprecationUse:
    """A deprecation and the reports that use it."""

    deprecation: Deprecation
    reports: tuple[str, ...]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    removed_on: date | None = None
    is_removed: bool = False
    replacement: str = ""
    source: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    report_types: dict[str, _Entry] = {}
    operations: dict[str, _Entry] = {}
    data_kiosk: dict[str, _Entry] = {}


def load_deprecations(path: Path | None = None) -> list[Deprecation]:
    """All entries of ``config/deprecations.yaml`` in its last valid version, or of ``path`` as it is.

    Raises ConfigurationError with file and key.
    """
    return DEPRECATIONS.read(path) if path else DEPRECATIONS.load()


def _build(files: Files, path: Path) -> list[Deprecation]:
    try:
        content = _File.model_validate(files.yaml(path))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise ConfigurationError(f"{problem['msg']}.", where=f"{shown(path)}, key `{key}`") from error
    sections = (
        (Kind.REPORT_TYPE, content.report_types),
        (Kind.OPERATION, content.operations),
        (Kind.DATA_KIOSK, content.data_kiosk),
    )
    return [
        Deprecation(kind, name, each.removed_on, each.is_removed, each.replacement, each.source)
        for kind, entries in sections
        for name, each in entries.items()
    ]


DEPRECATIONS = ConfigFile("deprecations.yaml", _build)


def touched(deprecations: Iterable[Deprecation], specs: Sequence[ReportSpec]) -> list[DeprecationUse]:
    """Each deprecation with the reports that use it, if any; used ones first, by date of removal."""
    found = [
        DeprecationUse(each, tuple(spec.name for spec in specs if each.is_used_by(spec)))
        for each in deprecations
    ]
    return sorted(found, key=lambda one: (not one.reports, one.deprecation.removed_on or date.max))


def removed_uses(spec: ReportSpec, today: date, deprecations: Iterable[Deprecation]) -> Iterator[Deprecation]:
    """The deprecations the spec uses that Amazon has already removed."""
    return (each for each in deprecations if each.is_used_by(spec) and each.is_gone(today))


def threshold_of(deprecation: Deprecation, today: date) -> int | None:
    """The smallest threshold (90, 30, 7 or 0 days) that has been reached; None before the first.

    Without a date: 0 if it is already removed, else None.
    """
    left = deprecation.days_left(today)
    if left is None:
        return 0 if deprecation.is_removed else None
    reached = [threshold for threshold in THRESHOLDS if left <= threshold]
    return min(reached, default=None)
