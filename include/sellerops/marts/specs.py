"""Mart files: one SELECT below a YAML header in comments.

The SELECT is written once, in the subset of Postgres' dialect that ``lint`` accepts. It reads
``{{ source('<schema>.<table>') }}`` (a landed or a reference table) and ``{{ ref('<mart>') }}``, each with an
alias. It is written as if for all accounts and days: the engine restricts every input to what a day reads
according to the header, and the result to the partitions that are rebuilt.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import parse_mapping, shown
from sellerops.settings.last_valid import Files, load_last_valid
from sellerops.settings.mart_tables import MartTable
from sellerops.settings.spec_files import (
    SpecFailure,
    load_spec_files,
    refuse_unusable_name,
    unknown_name,
    validation_error,
)
from sellerops.settings.specs import ColumnType

_OWN = Path(__file__).resolve().parents[2] / "marts"
_REMEDY = "Correct the comment lines at the top of the mart."
_CALL = re.compile(r"\{\{\s*(ref|source)\('([a-z0-9_.]+)'\)\s*\}\}")
GROUPS = ("reference", "daily", "money", "demand", "alerts")


class MartColumn(BaseModel):
    """A column of a mart: its type, its meaning, and its unit (``units``, ``currency``, ``ratio``, ...).

    ``cost``: the column contains the cost of goods, or is computed from it; owners may hide it from partners.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ColumnType
    description: str
    unit: str = ""
    # Who may see a column changes no row, so it must not cause a mart to be rebuilt.
    cost: bool = Field(default=False, exclude=True)


class MartInput(BaseModel):
    """What a partition of the mart reads of one input, and so which partitions a changed row affects."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: str | None = Field(default=None, description="date column of the row's day")
    moment: str | None = Field(default=None, description="timestamp column, whose day a SELECT works out")
    zones: Literal["any", "own"] = Field(
        default="any",
        # The definition of marts that do not give it stays the same, so they are not rebuilt.
        exclude_if=lambda given: given == "any",
        description="of a moment's day: `any`, and a SELECT may read the days around it; `own`: UTC and "
        "those of the account's region, and no moments of other days are read",
    )
    before: int = Field(default=0, ge=0, description="a day of the mart reads so many earlier days")
    after: int = Field(default=0, ge=0, description="and so many later ones")
    since: str | None = Field(default=None, description="date column: a row applies to all days from it on")
    marketplace: bool = Field(default=True, description="rows name the marketplace they are about")
    account: bool = Field(default=True, description="rows name their account; else they are for all accounts")

    @model_validator(mode="after")
    def _has_one_day(self) -> MartInput:
        if sum(each is not None for each in (self.day, self.moment, self.since)) > 1:
            raise ValueError("give one of `day`, `moment` and `since`")
        if (self.before or self.after) and not (self.day or self.moment):
            raise ValueError("`before` and `after` need `day` or `moment`")
        if self.zones == "own" and not self.moment:
            raise ValueError("`zones` needs `moment`")
        return self

    @property
    def is_local(self) -> bool:
        """Whether moments are read by their day in UTC and in time zones of the account's region only."""
        return self.zones == "own"

    @property
    def column(self) -> str | None:
        """The column with a row's day, by which changed rows are found."""
        return self.day or self.moment or self.since

    @property
    def reach(self) -> tuple[int, int]:
        """How many days before and after a mart's day are read. A moment may belong to a neighbouring day."""
        more = 1 if self.moment else 0
        return self.before + more, self.after + more


class MartTest(BaseModel):
    """A SELECT over ``{{ this }}`` and the mart's inputs that returns mistakes; it must return no rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    sql: str


class MartSpec(BaseModel):
    """One mart, named after its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    path: str = Field(exclude=True)
    sql: str = Field(exclude=True)
    description: str
    group: Literal["reference", "daily", "money", "demand", "alerts"]
    grain: tuple[str, ...] = Field(min_length=1, description="columns that identify a row")
    partition: tuple[str, ...] = Field(
        default=("account_id", "marketplace_id", "day"),
        description="account_id, perhaps marketplace_id, perhaps the column of the row's day",
    )
    inputs: dict[str, MartInput] = Field(min_length=1, description="`<schema>.<table>`, or a mart's name")
    columns: dict[str, MartColumn]
    tests: dict[str, MartTest] = {}
    full_text: tuple[str, ...] = Field(default=(), description="text columns that people search by words")
    lookup_days: tuple[str, ...] = Field(
        default=(), description="date columns, besides the partition's, by which other marts read rows"
    )
    computed: bool = Field(default=False, description="rows come from Python, not from a SELECT")

    @model_validator(mode="after")
    def _fits_together(self) -> MartSpec:
        shape = ("account_id", "marketplace_id") if self.has_marketplace else ("account_id",)
        if self.partition[: len(shape)] != shape or len(self.partition) - len(shape) > 1:
            raise ValueError(f"`partition` is {list(self.partition)}")
        for name in (*self.partition, *self.grain, *self.full_text, *self.lookup_days):
            if name not in self.columns:
                raise ValueError(f"`columns` lacks {name!r}, which another key of the header names")
        used = {name for _, name in _CALL.findall(self.sql)}
        if not self.computed and used != set(self.inputs):
            wrong = sorted(used.symmetric_difference(self.inputs))
            raise ValueError(f"`inputs` and the SELECT differ in {', '.join(wrong)}")
        return self

    @property
    def has_marketplace(self) -> bool:
        return "marketplace_id" in self.partition

    @property
    def day(self) -> str | None:
        """The column with the partition's day; None if the mart is not partitioned by day."""
        last = self.partition[-1]
        return None if last in ("account_id", "marketplace_id") else last

    @property
    def table(self) -> MartTable:
        """The shape of the mart's table."""
        return MartTable(
            name=self.name,
            description=self.description,
            columns={name: (each.type, _described(each)) for name, each in self.columns.items()},
            key=self.grain,
            day=self.day,
            has_marketplace=self.has_marketplace,
            full_text=self.full_text,
            lookup_days=self.lookup_days,
        )

    @property
    def marts_read(self) -> tuple[str, ...]:
        """Names of the marts among the inputs."""
        return tuple(name for name in self.inputs if "." not in name)

    @property
    def tables_read(self) -> tuple[str, ...]:
        """Names of the landed and reference tables among the inputs."""
        return tuple(name for name in self.inputs if "." in name)


def marts_dir() -> Path:
    """``include/marts`` of this project."""
    return _OWN


def load_marts(directory: Path | None = None) -> list[MartSpec]:
    """All valid marts by name; an invalid one in its last valid version, if it has one."""
    return marts_and_failures(directory)[0]


def marts_and_failures(directory: Path | None = None) -> tuple[list[MartSpec], list[SpecFailure]]:
    """Every valid mart and every failure."""
    folder = directory or marts_dir()
    return load_spec_files([(path.name, path) for path in sorted(folder.glob("*.sql"))], folder, _build)


def load_mart(name: str, directory: Path | None = None) -> MartSpec:
    """One mart in its last valid version. For an unknown name, raises a ConfigurationError that suggests the
    nearest one.
    """
    folder = directory or marts_dir()
    path = folder / f"{name}.sql"
    if path.is_file():
        return load_last_valid(path.name, lambda files: _build(path, files), root=folder).value
    raise unknown_name("mart", name, [each.stem for each in sorted(folder.glob("*.sql"))], folder)


def _build(path: Path, files: Files) -> MartSpec:
    refuse_unusable_name(path, "mart")
    lines = files.text(path).splitlines()
    head = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    text = "\n".join(line.removeprefix("--").removeprefix(" ") for line in lines[:head])
    if not text.strip():
        raise ConfigurationError(
            "the header is missing.",
            where=shown(path),
            remedy="Start with comment lines such as `-- grain: [...]`.",
        )
    given = {"name": path.stem, "path": str(path), "sql": "\n".join(lines[head:]).strip().removesuffix(";")}
    try:
        return MartSpec.model_validate({**parse_mapping(text, path), **given})
    except ValidationError as error:
        raise validation_error(
            error, MartSpec, path_of=lambda _: path, derived=("name", "path", "sql"), remedy=_REMEDY
        ) from error


def _described(column: MartColumn) -> str:
    return f"{column.description} Unit: {column.unit}." if column.unit else column.description
