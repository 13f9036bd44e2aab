"""The settings of an export YAML. Unknown keys are errors."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sellerops.exports.a1 import Anchor
from sellerops.settings.known_destinations import DESTINATIONS
from sellerops.settings.specs import Schedule
from sellerops.settings.specs.tables import NAME

_TABLE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_SPREADSHEET_ID = re.compile(r"[A-Za-z0-9_-]{20,}")
_SPREADSHEET_URL = re.compile(r"https://docs\.google\.com/spreadsheets/d/([A-Za-z0-9_-]+)(?:[/?#].*)?")
# Suffix of the tables with personal columns (docs/tables.md).
_PERSONAL = "__personal"


class ExportMode(StrEnum):
    """What an export does with the rows already in the sheet."""

    REPLACE = "replace"
    APPEND = "append"


class ExportSpec(BaseModel):
    """One export; its name is the file's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    path: str = Field(exclude=True)
    description: str
    enabled: bool = Field(default=True, description="`false`: the file is checked but has no DAG")
    table: str | None = Field(default=None, description="the table, `<source>.<table>`")
    query: str | None = Field(
        default=None,
        description="instead of `table`: one SELECT, or the name of a .sql file in the same folder",
    )
    destination: str = Field(
        default="postgres", description="the destination to read `table` or `query` from"
    )
    spreadsheet_id: str = Field(default="", description="the id or URL of the spreadsheet")
    range: str = Field(description="the cell of the first header: `Sales!A1`")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="`name: title in the sheet`, or a list of names, in the order for a new sheet; default:"
        " all",
    )
    mode: ExportMode = ExportMode.REPLACE
    append_only: tuple[str, ...] = Field(
        default=(), description="`append`: the key columns; a row whose key is in the sheet is not added"
    )
    order_by: tuple[str, ...] = Field(
        default=(), description="`table`: the order of rows; default: `append_only`, else all columns"
    )
    schedule: Schedule | None = Field(default=None, description="`cron` or `between`, as in a report")
    after: tuple[str, ...] = Field(default=(), description="tables whose loads start the export")
    personal: bool = Field(default=False, description="allow personal data; only with `replace`")
    retries: int = Field(default=3, ge=2)

    @field_validator("spreadsheet_id")
    @classmethod
    def _id_of_address(cls, value: str) -> str:
        address = _SPREADSHEET_URL.fullmatch(value.strip())
        value = address[1] if address else value.strip()
        if value and not _SPREADSHEET_ID.fullmatch(value):
            raise ValueError(f"{value!r} is not a spreadsheet id; in the spreadsheet's URL it follows /d/")
        return value

    @field_validator("destination")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in DESTINATIONS:
            raise ValueError(f"unknown destination {value!r}; known are {', '.join(DESTINATIONS)}")
        return value

    @field_validator("range")
    @classmethod
    def _is_a_cell(cls, value: str) -> str:
        return str(Anchor.parse(value))

    @field_validator("columns", mode="before")
    @classmethod
    def _titles(cls, value: object) -> object:
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return {name: name for name in value}
        if isinstance(value, dict):
            return {name: title or name for name, title in value.items()}
        return value

    @field_validator("columns")
    @classmethod
    def _titles_differ(cls, value: dict[str, str]) -> dict[str, str]:
        titles = list(value.values())
        for name, title in value.items():
            if not NAME.fullmatch(name):
                raise ValueError(f"column names must be snake_case, not {name!r}")
            if titles.count(title) > 1:
                raise ValueError(f"two columns have the title {title!r}; columns are found by their title")
            if title != title.strip():
                raise ValueError(f"the title {title!r} begins or ends with a space")
        return value

    @field_validator("after", mode="before")
    @classmethod
    def _as_tuple(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits_together(self) -> ExportSpec:
        if bool(self.table) == bool(self.query):
            raise ValueError("set either `table` or `query`")
        for name in (self.table, *self.after):
            if name and not _TABLE.fullmatch(name):
                raise ValueError(f"{name!r} is not a table; write <source>.<table>")
        if (self.mode is ExportMode.APPEND) != bool(self.append_only):
            raise ValueError("`mode: append` and `append_only`, the key columns, need each other")
        if self.query and self.order_by:
            raise ValueError("`order_by` needs `table`; a `query` has its own ORDER BY")
        for key in ("append_only", "order_by"):
            for name in getattr(self, key):
                is_shown = not self.columns or name in self.columns or key == "order_by"
                if not NAME.fullmatch(name) or not is_shown:
                    raise ValueError(f"`{key}` names {name!r}, which is not in `columns`")
        if self.enabled and not self.spreadsheet_id:
            raise ValueError("`spreadsheet_id` is missing; set it, or set `enabled: false`")
        self._check_personal()
        return self

    def _check_personal(self) -> None:
        """Refuse personal data that is not allowed, or that a sheet that only grows would keep forever."""
        if not self.personal and _PERSONAL in f"{self.table or ''} {self.query or ''}".lower():
            raise ValueError(
                "it reads a table with personal columns; set `personal: true` to copy personal data to a "
                "spreadsheet"
            )
        if self.personal and self.mode is ExportMode.APPEND:
            raise ValueError("`personal: true` needs `mode: replace`: an append would keep the data for good")

    @property
    def anchor(self) -> Anchor:
        return Anchor.parse(self.range)

    @property
    def dag_id(self) -> str:
        """``export__<name>``."""
        return f"export__{self.name}"

    def titles(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The titles of the result columns ``names``, in order."""
        return tuple(self.columns.get(name, name) for name in names)
