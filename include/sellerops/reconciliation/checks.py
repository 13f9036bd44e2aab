"""Check files: one SELECT below a YAML header in comments.

The SELECT returns one row per figure: ``account_id``, ``marketplace_id`` ('' for a whole account), ``day``,
``left_value``, ``right_value`` (null: that side is not loaded yet), and optionally ``subject`` (what the
figure is about, besides marketplace and day), ``difference`` (default: left minus right) and ``evidence``
(jsonb). It may use ``%(first_day)s``, ``%(last_day)s`` and the table ``marketplace (code, id, timezone,
currency, region)``.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import config_dir, parse_mapping, shown
from sellerops.settings.last_valid import Files, load_last_valid
from sellerops.settings.spec_files import (
    SpecFailure,
    load_spec_files,
    refuse_unusable_name,
    unknown_name,
    validation_error,
)
from sellerops.settings.specs.durations import Duration

_REMEDY = "Correct the comment lines at the top of the check."
_TABLE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


class Tolerance(BaseModel):
    """How far two figures may differ: the larger of the two bounds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    absolute: float = Field(default=0, ge=0)
    relative: float = Field(default=0, ge=0, lt=1, description="fraction of the larger figure")


class CheckSpec(BaseModel):
    """One reconciliation check, named after its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    path: str = Field(exclude=True)
    sql: str = Field(exclude=True)
    description: str
    inputs: tuple[str, ...] = Field(
        min_length=1, description="tables, `<source>.<table>`, whose loads trigger it"
    )
    unit: str = ""
    tolerance: Tolerance = Tolerance()
    holds_after: Duration = Field(default=timedelta(0), description="days younger than this may still differ")
    look_back: Duration = Field(default=timedelta(days=35), description="how many days each run compares")
    severity: Literal["partial_failure", "critical_failure"] = Field(
        default="partial_failure", description="whose channel hears of it, as in config/notices.yaml"
    )

    @field_validator("inputs")
    @classmethod
    def _are_tables(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _TABLE.fullmatch(name):
                raise ValueError(f"{name!r} is not a table name; use <source>.<table>")
        return value


def load_checks(directory: Path | None = None) -> list[CheckSpec]:
    """All valid checks by name; an invalid one in its last valid version, if it has one."""
    return checks_and_failures(directory)[0]


def check_failures(directory: Path | None = None) -> list[SpecFailure]:
    """The failures that make check files invalid."""
    return checks_and_failures(directory)[1]


def checks_and_failures(directory: Path | None = None) -> tuple[list[CheckSpec], list[SpecFailure]]:
    """Every valid check and every failure."""
    folder = directory or config_dir() / "checks"
    return load_spec_files([(path.name, path) for path in sorted(folder.glob("*.sql"))], folder, _build)


def load_check(name: str, directory: Path | None = None) -> CheckSpec:
    """One check in its last valid version. For an unknown name, raises a ConfigurationError that suggests the
    nearest one.
    """
    folder = directory or config_dir() / "checks"
    path = folder / f"{name}.sql"
    if path.is_file():
        return load_last_valid(path.name, lambda files: _build(path, files), root=folder).value
    raise unknown_name("check", name, [each.stem for each in sorted(folder.glob("*.sql"))], folder)


def _build(path: Path, files: Files) -> CheckSpec:
    refuse_unusable_name(path, "check")
    lines = files.text(path).splitlines()
    head = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    text = "\n".join(line.removeprefix("--").removeprefix(" ") for line in lines[:head])
    if not text.strip():
        raise ConfigurationError(
            "the header is missing.",
            where=shown(path),
            remedy="Start with comment lines such as `-- inputs: [...]`.",
        )
    header = parse_mapping(text, path)
    given = {"name": path.stem, "path": str(path), "sql": "\n".join(lines[head:])}
    try:
        return CheckSpec.model_validate({**header, **given})
    except ValidationError as error:
        raise validation_error(
            error, CheckSpec, path_of=lambda _: path, derived=("name", "path", "sql"), remedy=_REMEDY
        ) from error
