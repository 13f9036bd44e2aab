"""One table of a report, and the checks that its settings are consistent."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field, field_validator, model_validator

from sellerops.settings.specs.columns import (
    ABSENT_PART,
    WHOLE_ROW,
    Column,
    ColumnType,
    Evidence,
    absent_value,
)
from sellerops.settings.specs.durations import Duration
from sellerops.settings.specs.quarantine_rules import CollapseRules, QuarantineRules
from sellerops.settings.specs.strict_model import StrictModel

NAME = re.compile(r"[a-z][a-z0-9_]*")
# `rows` for a document that is itself the list.
WHOLE_DOCUMENT = "[]"
# Postgres' limits: bytes in a name, columns in a table (minus room for system and unknown columns) and
# columns in an index.
LONGEST_NAME = 63
MOST_COLUMNS = 1200
MOST_KEY_COLUMNS = 26
# The system columns of sellerops and of Postgres.
RESERVED_COLUMNS = frozenset(
    {
        "account_id", "marketplace_id", "region", "snapshot_at", "ordinal", "line_hash", "source_line",
        "load_id", "reported_at", "unit_mark", "personal_since", "ctid", "xmin", "xmax", "cmin", "cmax",
        "tableoid",
    }
)  # fmt: skip

# The keys of a table that name columns, and the system columns that a key or unit may use.
_COLUMN_KEYS = (
    "primary_key", "unit", "ordinal_by", "version", "day", "age_from", "marketplace_from", "shared_stock",
)  # fmt: skip
_SYSTEM_KEYS = frozenset({"ordinal", "snapshot_at", "marketplace_id", "source_line"})


class WriteDisposition(StrEnum):
    """What a load does with the rows already in the table."""

    REPLACE = "replace"
    MERGE = "merge"
    SNAPSHOT = "snapshot"


class HeaderSumCheck(StrictModel):
    """The lines of each group must add up exactly to the total in its header row."""

    kind: Literal["header_sum"]
    group_by: str
    total: str
    amount: str


class LeafRows(StrictModel):
    """The list holds trees: only nodes without children become rows, each with the column source `path`."""

    below: str = Field(description="the list within a node that holds the nodes below it")
    named: str = Field(description="the name of a node; `path` joins the names from the first node on by `/`")


class TableSpec(StrictModel):
    """One table that the report fills. Every table also has the system columns (docs/tables.md)."""

    description: str = ""
    rows: str = Field(
        default="",
        description="json, jsonl (from each line), xml (below the root element): dotted path to the rows, "
        "through every list on the path. json: `[]` if the document itself is the list, `[].x` for a list in "
        "its entries. jsonl: empty if each line is a row",
    )
    leaves: LeafRows | None = Field(
        default=None,
        description="json, jsonl: each of `rows` is a tree of any depth, whose leaves are the rows",
    )
    elsewhere: tuple[str, ...] = Field(
        default=(), description="set automatically: lists within a row that are rows of other tables"
    )
    write_disposition: WriteDisposition
    primary_key: tuple[str, ...] = Field(
        default=(),
        description="the grain within account and marketplace; empty: no natural key, rows are identified "
        "by hash",
    )
    unit: tuple[str, ...] = Field(
        default=(),
        description="columns that group rows which are replaced together. merge: the newest document's rows"
        " of a unit replace all its earlier ones; if the unit is the whole key, `ordinal` "
        "numbers its rows. replace: a newer document also replaces the unit's rows on other "
        "days",
    )
    ordinal_by: str | None = Field(
        default=None,
        description="the column that identifies the lines of a unit, if the file has it: a document then "
        "replaces only the lines it names",
    )
    version: str | None = Field(default=None, description="merge: the row with the later value wins")
    day: str | None = Field(
        default=None, description="the date or timestamp column that assigns a row to a day of the window"
    )
    age_from: str | None = Field(
        default=None, description="merge: the column with the day from which the age of changes is counted"
    )
    day_from_window: str | None = Field(
        default=None, description="name of a date column to fill with the slice's first day"
    )
    marketplace_from: str | None = Field(
        default=None, description="column that names the marketplace (`Amazon.com`); default: the slice's"
    )
    shared_stock: str | None = Field(
        default=None,
        description="snapshots per marketplace: the quantity column that each marketplace of one stock pool "
        "(Pan-EU) reports in full. The view `<table>__once` counts it once",
    )
    checks: tuple[HeaderSumCheck, ...] = ()
    quarantine: QuarantineRules | None = None
    collapse: CollapseRules | None = Field(
        default=None, description="this table's `collapse` settings; unset ones come from the report"
    )
    restatements: bool = Field(
        default=True, description="record old and new value of every cell that a later document changes"
    )
    personal_retention: Duration = Field(
        default=timedelta(days=30),
        description="how long `<table>__personal` keeps a row, counted from the row's day, or else the "
        "report's",
    )
    evidence: Evidence | None = Field(
        default=None, description="files of web pages: what the headers are known from; columns may differ"
    )
    columns: dict[str, Column]

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {
            name: {"type": entry} if isinstance(entry, str) else (entry or {})
            for name, entry in value.items()
        }

    @model_validator(mode="after")
    def _check(self) -> TableSpec:
        for name, column in self.columns.items():
            self._check_absent(name, column)
        self._check_names()
        self._check_limits()
        known = {*self.columns, *([self.day_from_window] if self.day_from_window else [])}
        self._check_column_keys(known)
        self._check_measure()
        self._check_personal()
        self._check_unit()
        self._check_disposition(known)
        self._check_sources()
        return self

    def _check_names(self) -> None:
        bad = [name for name in self.columns if not NAME.fullmatch(name)]
        if bad:
            raise ValueError(f"column names must be snake_case, not {', '.join(map(repr, bad))}")

    def _check_column_keys(self, known: set[str]) -> None:
        """Raise ValueError if a key names a column that the table does not have."""
        for key in _COLUMN_KEYS:
            named = getattr(self, key)
            for name in named if isinstance(named, tuple) else [named] if named else []:
                if name not in known and not (key in ("primary_key", "unit") and name in _SYSTEM_KEYS):
                    raise ValueError(f"`{key}` names {name!r}, which is not in `columns`")

    def _check_measure(self) -> None:
        if self.quarantine:
            measure = self.columns.get(self.quarantine.measure)
            if measure is None or measure.type not in (ColumnType.INTEGER, ColumnType.DECIMAL):
                raise ValueError(f"`quarantine.measure`: {self.quarantine.measure!r} is not a numeric column")

    def _check_disposition(self, known: set[str]) -> None:
        if self.quarantine and self.write_disposition is not WriteDisposition.REPLACE:
            raise ValueError("`quarantine` needs `write_disposition: replace`: it compares whole days")
        for check in self.checks:
            for name in (check.group_by, check.total, check.amount):
                if name not in known:
                    raise ValueError(f"`checks` names {name!r}, which is not in `columns`")
        if self.write_disposition is WriteDisposition.REPLACE and not (self.day or self.day_from_window):
            raise ValueError(
                "`write_disposition: replace` needs `day` or `day_from_window` to know the window"
            )
        if self.write_disposition is WriteDisposition.MERGE and not self.primary_key:
            raise ValueError("`write_disposition: merge` needs a `primary_key`")

    def _check_sources(self) -> None:
        once = [column for column in self.columns.values() if column.part != "last"]
        sources = [source for column in once for source in (column.source, *column.also) if source]
        repeated = {source for source in sources if sources.count(source) > 1}
        if repeated:
            raise ValueError(f"two columns read {', '.join(map(repr, sorted(repeated)))}")

    def _check_absent(self, name: str, column: Column) -> None:
        if column.absent is None:
            return
        if not column.absent or column.type is ColumnType.BOOLEAN or column.fact:
            raise ValueError(
                f"`columns.{name}.absent` must be a value, for a column that the document may leave empty"
            )
        parts = ABSENT_PART.findall(column.absent)
        if not parts:
            absent_value(column)
        unknown = [part for part in parts if part not in self.read_columns and part != WHOLE_ROW]
        if unknown or name in parts:
            raise ValueError(f"`columns.{name}.absent` cannot use {(unknown or [name])[0]!r}")
        if WHOLE_ROW in parts and self.write_disposition is WriteDisposition.MERGE:
            raise ValueError(
                f"`columns.{name}.absent`: with `write_disposition: merge`, a changed row would be stored "
                "beside the old one under `{row}`; name columns that never change"
            )

    def _check_limits(self) -> None:
        """Check the databases' limits here, before any document is requested."""
        names = [*self.columns, *([self.day_from_window] if self.day_from_window else [])]
        reserved = [name for name in names if name in RESERVED_COLUMNS]
        if reserved:
            raise ValueError(
                f"{', '.join(map(repr, reserved))}: every table already has a column of that name; "
                "choose another name and set `from`"
            )
        long = [name for name in names if len(name) > LONGEST_NAME]
        if long:
            raise ValueError(f"{long[0]!r} has more than {LONGEST_NAME} characters")
        if len(names) > MOST_COLUMNS:
            raise ValueError(f"a table has at most {MOST_COLUMNS} columns; these are {len(names)}")
        if len(self.primary_key) > MOST_KEY_COLUMNS:
            raise ValueError(f"a `primary_key` has at most {MOST_KEY_COLUMNS} columns")

    def _check_personal(self) -> None:
        """Personal columns are stored in another table, so nothing in this one may depend on them."""
        if self.personal_columns and not self.primary_key:
            raise ValueError("`personal` columns are stored in another table, which needs a `primary_key`")
        needed = {*self.primary_key, *self.unit, self.ordinal_by, self.version, self.day, self.age_from}
        needed |= {self.marketplace_from, *(each.total for each in self.checks)}
        needed |= {self.quarantine.measure} if self.quarantine else set()
        for name in self.personal_columns:
            if name in needed:
                raise ValueError(f"{name!r} is `personal`: it cannot be a key, day, version or measure")

    def _check_unit(self) -> None:
        is_merge = self.write_disposition is WriteDisposition.MERGE
        if self.unit and self.write_disposition is WriteDisposition.SNAPSHOT:
            raise ValueError("`unit` needs `write_disposition: merge` or `replace`")
        if self.unit and is_merge and not set(self.unit) <= {*self.primary_key, "marketplace_id"}:
            raise ValueError("with `write_disposition: merge`, `unit` must be part of the `primary_key`")
        if self.shared_stock and self.write_disposition is not WriteDisposition.SNAPSHOT:
            raise ValueError("`shared_stock` needs `write_disposition: snapshot`")
        if self.ordinal_by and not (is_merge and self.unit and set(self.primary_key) <= set(self.unit)):
            raise ValueError(
                "`ordinal_by` needs `write_disposition: merge` and a `unit` that is the whole `primary_key`"
            )
        if self.ordinal_by and self.personal_columns:
            raise ValueError("`ordinal_by` cannot be combined with `personal` columns")
        if self.unit and self.version and self.columns[self.version].type is not ColumnType.TIMESTAMP:
            raise ValueError(f"`version`: {self.version!r} must be a timestamp in a table with `unit`")

    @property
    def may_quarantine(self) -> bool:
        """Whether documents for the table may be quarantined."""
        return self.quarantine is not None or self.row_collapse_rules is not None

    @property
    def row_collapse_rules(self) -> CollapseRules | None:
        """The rules for documents with too few rows; None if the spec skips them."""
        return None if self.collapse is None or self.collapse.skip else self.collapse

    @property
    def personal_columns(self) -> tuple[str, ...]:
        """The columns with personal data, which are stored in a separate table."""
        return tuple(name for name, column in self.columns.items() if column.personal)

    @property
    def row_steps(self) -> tuple[str, ...]:
        """The names on the path to the rows; empty if the document is the list, or each line is a row."""
        path = self.rows.removeprefix(WHOLE_DOCUMENT).removeprefix(".")
        return tuple(path.split(".")) if path else ()

    @property
    def is_list_document(self) -> bool:
        """Whether the document itself is the outermost list."""
        return self.rows.startswith(WHOLE_DOCUMENT)

    @property
    def facts(self) -> dict[str, str]:
        """Columns filled from facts rather than from the document's columns, and the fact for each."""
        return {name: column.fact for name, column in self.columns.items() if column.fact}

    @property
    def read_columns(self) -> dict[str, Column]:
        """Columns filled from the document: all but ``facts``."""
        return {name: column for name, column in self.columns.items() if not column.fact}

    def header_of(self, name: str) -> str:
        """The document's name for a column: its ``from``, else the canonical name with hyphens."""
        return self.columns[name].source or name.replace("_", "-")
