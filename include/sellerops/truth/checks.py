"""What a check file says: one SELECT under a header of YAML in comments.

The SELECT gives a row for each figure: ``account_id``, ``marketplace_id`` ('' for a whole account), ``day``,
``left_value``, ``right_value`` (null: that side is not loaded yet), and where wanted ``subject`` (what the
figure is of, beside shop and day), ``difference`` (else left less right) and ``evidence`` (jsonb). It may use
``%(first_day)s``, ``%(last_day)s`` and the table ``marketplace (code, id, timezone, currency, region)``.
"""

from __future__ import annotations

import difflib
import re
from datetime import timedelta
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sellerops.config_files import config_dir
from sellerops.errors import ConfigurationError
from sellerops.specs.durations import Duration

_TABLE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


class Tolerance(BaseModel):
    """How far two figures may be apart: the larger of the two bounds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    absolute: float = Field(default=0, ge=0)
    relative: float = Field(default=0, ge=0, lt=1, description="part of the larger figure")


class CheckSpec(BaseModel):
    """One check. Its name is the file's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    path: str = Field(exclude=True)
    sql: str = Field(exclude=True)
    description: str
    inputs: tuple[str, ...] = Field(
        min_length=1, description="tables, `<source>.<table>`, whose news wake it"
    )
    unit: str = ""
    tolerance: Tolerance = Tolerance()
    holds_after: Duration = Field(
        default=timedelta(0), description="days younger than this may still be apart"
    )
    look_back: Duration = Field(default=timedelta(days=35), description="how many days are compared again")
    severity: Literal["partial_failure", "critical_failure"] = Field(
        default="partial_failure", description="whose channel hears of it, as in config/notifications.yaml"
    )

    @field_validator("inputs")
    @classmethod
    def _are_tables(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _TABLE.fullmatch(name):
                raise ValueError(f"{name!r} is no table; write <source>.<table>")
        return value


def load_checks(directory: Path | None = None) -> list[CheckSpec]:
    """All checks by name. Raises ConfigurationError naming file and key."""
    return [_read(path) for path in sorted((directory or config_dir() / "checks").glob("*.sql"))]


def load_check(name: str, directory: Path | None = None) -> CheckSpec:
    """One check. Raises ConfigurationError that suggests the nearest name."""
    folder = directory or config_dir() / "checks"
    path = folder / f"{name}.sql"
    if path.is_file():
        return _read(path)
    known = [each.stem for each in sorted(folder.glob("*.sql"))]
    guess = difflib.get_close_matches(name, known, n=1)
    raise ConfigurationError(
        f"there is no check {name!r}.",
        where=str(folder),
        remedy=f"Did you mean {guess[0]!r}?" if guess else f"Known: {', '.join(known) or 'none'}.",
    )


def _read(path: Path) -> CheckSpec:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    text = "\n".join(line.removeprefix("--").removeprefix(" ") for line in lines[:head])
    try:
        header = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(
            f"the comment it begins with is no YAML: {error}.", where=str(path), remedy="Correct the header."
        ) from error
    if not isinstance(header, dict):
        raise ConfigurationError(
            "has no header.", where=str(path), remedy="Begin with comment lines such as `-- inputs: [...]`."
        )
    given = {"name": path.stem, "path": str(path), "sql": "\n".join(lines[head:])}
    try:
        return CheckSpec.model_validate({**header, **given})
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise ConfigurationError(
            f"{problem['msg'].removeprefix('Value error, ')}.", where=f"{path}, key `{key}`"
        ) from error
