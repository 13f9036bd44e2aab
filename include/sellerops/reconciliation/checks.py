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

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import config_dir, parse_mapping, shown
from sellerops.settings.last_valid import Files, Loaded, load_last_valid
from sellerops.settings.specs import SpecFailure
from sellerops.settings.specs.durations import Duration

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
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
        default="partial_failure", description="whose channel hears of it, as in config/notices.yaml"
    )

    @field_validator("inputs")
    @classmethod
    def _are_tables(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _TABLE.fullmatch(name):
                raise ValueError(f"{name!r} is no table; write <source>.<table>")
        return value


def load_checks(directory: Path | None = None) -> list[CheckSpec]:
    """All usable checks by name; one that is invalid as it was last valid, if it ever was."""
    return checks_and_failures(directory)[0]


def check_failures(directory: Path | None = None) -> list[SpecFailure]:
    """Why check files cannot be used."""
    return checks_and_failures(directory)[1]


def checks_and_failures(directory: Path | None = None) -> tuple[list[CheckSpec], list[SpecFailure]]:
    """Every usable check and every failure."""
    folder = directory or config_dir() / "checks"
    checks, failures = [], []
    for path in sorted(folder.glob("*.sql")):
        try:
            loaded = _load(path)
        except ConfigurationError as error:
            failures.append(SpecFailure(path, error))
            continue
        if loaded.error:
            failures.append(SpecFailure(path, loaded.error, is_kept=True))
        checks.append(loaded.value)
    return checks, failures


def load_check(name: str, directory: Path | None = None) -> CheckSpec:
    """One check, as last valid. Raises ConfigurationError that suggests the nearest name."""
    folder = directory or config_dir() / "checks"
    path = folder / f"{name}.sql"
    if path.is_file():
        return _load(path).value
    known = [each.stem for each in sorted(folder.glob("*.sql"))]
    guess = difflib.get_close_matches(name, known, n=1)
    raise ConfigurationError(
        f"there is no check {name!r}.",
        where=str(folder),
        remedy=f"Did you mean {guess[0]!r}?" if guess else f"Known: {', '.join(known) or 'none'}.",
    )


def _load(path: Path) -> Loaded[CheckSpec]:
    return load_last_valid(path.name, lambda files: _build(files, path), root=path.parent)


def _build(files: Files, path: Path) -> CheckSpec:
    if not _NAME.fullmatch(path.stem):
        raise ConfigurationError(
            f"{shown(Path(path.stem))!r} is not a usable check name.",
            where=shown(path),
            remedy="Rename the file: up to 60 of a-z, 0-9 and _, a letter first. Delete it if it is a copy.",
        )
    lines = files.text(path).splitlines()
    head = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    text = "\n".join(line.removeprefix("--").removeprefix(" ") for line in lines[:head])
    if not text.strip():
        raise ConfigurationError(
            "has no header.",
            where=shown(path),
            remedy="Begin with comment lines such as `-- inputs: [...]`.",
        )
    header = parse_mapping(text, path)
    given = {"name": path.stem, "path": str(path), "sql": "\n".join(lines[head:])}
    try:
        return CheckSpec.model_validate({**header, **given})
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise ConfigurationError(
            f"{problem['msg'].removeprefix('Value error, ')}.", where=f"{shown(path)}, key `{key}`"
        ) from error
