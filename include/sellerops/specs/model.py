"""What a report YAML may say. Unknown keys are refused; every knob has its meaning beside it."""

from __future__ import annotations

import re
from datetime import time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sellerops.errors import ConfigurationError
from sellerops.known_destinations import DESTINATIONS
from sellerops.marketplaces import marketplace
from sellerops.specs.durations import Duration, parse_window

NAME = re.compile(r"[a-z][a-z0-9_]*")
# `rows` of a document that is a list and nothing else.
WHOLE_DOCUMENT = "[]"
FACT = "@"
TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PeriodKind(StrEnum):
    """How a run's time is cut into slices."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    RANGE = "range"
    SNAPSHOT = "snapshot"
    LISTING = "listing"


class WriteDisposition(StrEnum):
    """How a load meets the rows already there."""

    REPLACE = "replace"
    MERGE = "merge"
    SNAPSHOT = "snapshot"


class ColumnType(StrEnum):
    """``decimal`` is exact; ``timestamp`` is an instant, in UTC; ``date`` is a day of the named clock."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"


AUTO_LOOKBACK_AT_FIRST = timedelta(days=14)


class Schedule(_Strict):
    """When the report is collected: ``cron``, or ``between`` windows in which a stable spread picks it."""

    cron: str | None = None
    between: tuple[str, ...] = ()
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] | None = (
        None
    )
    day_of_month: int | None = Field(default=None, ge=1, le=28)
    timezone: str

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"unknown time zone {value!r}; use an IANA name such as America/New_York"
            ) from error
        return value

    @field_validator("between", mode="before")
    @classmethod
    def _as_tuple(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_kind(self) -> Schedule:
        if bool(self.cron) == bool(self.between):
            raise ValueError("give either `cron` or `between`")
        if self.cron and (self.weekday or self.day_of_month):
            raise ValueError("`weekday` and `day_of_month` go with `between`; with `cron` say it in the cron")
        if self.weekday and self.day_of_month:
            raise ValueError("give `weekday` or `day_of_month`, not both")
        if self.cron:
            _check_cron(self.cron)
        windows = self.windows
        if any(later[0] < earlier[1] for earlier, later in pairwise(windows)):
            raise ValueError("the windows of `between` overlap or are not in order")
        return self

    @property
    def windows(self) -> list[tuple[time, time]]:
        """The windows of ``between`` as times of day in ``timezone``."""
        return [parse_window(text) for text in self.between]


def _check_cron(text: str) -> None:
    from croniter import croniter

    if len(text.split()) != 5 or not croniter.is_valid(text):
        raise ValueError(f"{text!r} is no cron expression of five fields")


class Period(_Strict):
    """Which stretch of time one slice covers, and how far back a run reaches."""

    kind: PeriodKind
    clock: Literal["marketplace", "utc"] = Field(
        default="marketplace", description="whose days: the marketplace's business day, or UTC"
    )
    lookback: Duration = Field(
        default=timedelta(days=1),
        description="how far back a run collects again, because Amazon revises; `auto`: as far as our own "
        "history of this report shows that figures still move",
    )
    lookback_auto: bool = Field(default=False, description="set by `lookback: auto`")
    available_after: Duration = Field(
        default=timedelta(0), description="how long after its end Amazon publishes a period"
    )
    max_days: int = Field(
        default=31, ge=1, description="longest window of one request; longer ones are split"
    )
    history: Duration = Field(
        default=timedelta(days=730), description="what Amazon still serves; older slices are marked expired"
    )

    @model_validator(mode="before")
    @classmethod
    def _auto_lookback(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("lookback") == "auto":
            return {**values, "lookback": AUTO_LOOKBACK_AT_FIRST, "lookback_auto": True}
        return values


class Split(_Strict):
    """Many values for one report option: as many requests as are needed, each with so many of them."""

    option: str = Field(
        description="the report option that takes the values; `queried`: what stands for them in the query"
    )
    values: Literal["asins"] = Field(
        default="asins", description="the account's ASINs in the slice's shop, from configuration or listings"
    )
    at_most: int = Field(ge=1, description="values in one request")
    longest: int | None = Field(default=None, ge=1, description="characters the option may have")
    separator: str = " "


class RequestRules(_Strict):
    """How the report is asked for, waited for and reused."""

    how: Literal["created", "listed", "called", "queried"] = Field(
        default="created",
        description="`listed`: Amazon makes the report on its own schedule; it is only found. `called`: the "
        "pages of an API operation. `queried`: a Data Kiosk query",
    )
    operation: str | None = Field(default=None, description="`called`: the API operation, as Amazon names it")
    query: str | None = Field(
        default=None,
        description="`queried`: the GraphQL text; the placeholders of `options` are filled in, "
        "`{marketplace_ids}` and the name of `split.option` in braces as lists of strings",
    )
    options: dict[str, str] = Field(
        default_factory=dict,
        description="reportOptions, or parameters of the operation; `{first_day}`, `{last_day}`, "
        "`{window_start}`, `{window_end}` and `{marketplace_id}` stand for the slice's",
    )
    split: Split | None = None
    restricted: bool = Field(
        default=False, description="the document needs a restricted data token (personal data)"
    )
    without_role: str = Field(
        default="", description="`restricted`: what loads all the same when the application lacks the role"
    )
    second_look: Duration = Field(
        default=timedelta(hours=1),
        description="CANCELLED is believed only when a second report, at least this and the cooldown later, "
        "ends so too; `0s`: at once",
    )
    late_when: tuple[str, ...] = Field(
        default=(), description="words of a FATAL report's reason that mean: not published yet, so late"
    )
    window_back: Duration = Field(
        default=timedelta(0),
        description="snapshots of types that insist on dates: how long before its moment dataStartTime is",
    )
    fresh_for: Duration = Field(
        default=timedelta(hours=6), description="a document of the same window this young is used again"
    )
    cooldown: Duration = Field(
        default=timedelta(0), description="shortest time between two requests of the type for the same shops"
    )
    first_poll: Duration = Field(
        default=timedelta(seconds=20), description="wait before the first status check"
    )
    poll_every: Duration = Field(default=timedelta(seconds=30), description="pace of the following checks")
    give_up_after: Duration = Field(default=timedelta(hours=12), description="no answer by then is a failure")


class FileFormat(_Strict):
    """How the document's bytes become rows."""

    kind: Literal["tsv", "csv", "json", "jsonl", "xml"] = Field(
        description="`jsonl`: a JSON document a line, such as the pages of an operation"
    )
    nothing: tuple[str, ...] = Field(
        default=(),
        description="further words that stand for no value in typed columns, as `none`, `N/A`, `--` do",
    )
    headers: Literal["name", "position"] = Field(
        default="name",
        description="`position`: Amazon translates the headers but keeps their order, and so do columns",
    )
    naming: Literal["plain", "camel"] = Field(
        default="plain",
        description="`camel`: a column without `from` is read from its name in camelCase (`campaign_id`: "
        "campaignId)",
    )
    charset: str | None = Field(
        default=None, description="only where the download names none and the shop's is wrong"
    )
    decimal: Literal["point", "local"] = Field(
        default="point", description="`local`: comma or point as the marketplace writes numbers"
    )
    timestamps: tuple[str, ...] = Field(
        default=("iso",),
        description="`iso`, `local` (day, month and year in the order of the marketplace, as in 3/1/26) or "
        "strptime patterns, tried in order; without a zone they are UTC",
    )


class Column(_Strict):
    """One column: its canonical name is the key in `columns`."""

    type: ColumnType = ColumnType.TEXT
    source: str | None = Field(
        default=None,
        alias="from",
        description="header (flat file), or dotted path from the row (json, jsonl, xml): `price.amount`; "
        "`/a.b` from the root, through the very elements the row stands in; `list[key=value].x`, `list[0].x` "
        "from one element of a list; xml: `x.@name` an attribute, `x[]` always a list. Not xml: `@name` a "
        "fact of the request, the same in all rows of a document (`@profile_id`); null where it is not known",
    )
    also: tuple[str, ...] = Field(
        default=(), description="other headers or paths of the same column: older, renamed or regional"
    )
    required: bool = Field(default=False, description="a document without this column is refused")
    absent: str | None = Field(
        default=None,
        description="text columns: what stands for nothing, so that a key has a value in every row",
    )
    fact: str | None = Field(default=None, description="set by the report: the fact that `from` names")
    personal: bool = Field(
        default=False, description="personal data: kept in `<table>__personal`, for `personal_retention`"
    )
    description: str = ""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class HeaderSumCheck(_Strict):
    """Each group's line sums must equal the total its header row states, to the last digit."""

    kind: Literal["header_sum"]
    group_by: str
    total: str
    amount: str


class QuarantineRules(_Strict):
    """When a load is so unlike the days before that a person must look before it replaces anything."""

    measure: str = Field(description="the numeric column that is summed over each day")
    zero: bool = Field(default=True, description="hold a day that falls from a figure to nothing")
    below: float = Field(
        default=0.2, ge=0, lt=1, description="hold a day below this part of the same weekdays' median"
    )
    weeks: int = Field(default=8, ge=2, description="how many such weekdays the median is taken of")
    minimum: float = Field(default=20, ge=0, description="medians smaller than this are not judged by")


class TableSpec(_Strict):
    """One table fed by the report. Every table also carries the system columns (docs/tables.md)."""

    description: str = ""
    rows: str = Field(
        default="",
        description="json, jsonl (from each line), xml (below the root element): dotted path to the rows; "
        "every list on the way is walked. json: `[]`, the document is the list. jsonl: empty, each line is a "
        "row",
    )
    elsewhere: tuple[str, ...] = Field(
        default=(), description="set by the report: lists within a row that are rows of its other tables"
    )
    write_disposition: WriteDisposition
    primary_key: tuple[str, ...] = Field(
        default=(),
        description="the grain beside the system's scope; empty: no natural key, rows are told by hash",
    )
    ordinal_by: str | None = Field(
        default=None, description="column that numbers equal keys in `ordinal`, when the file has it"
    )
    version: str | None = Field(default=None, description="merge: the row with the later value wins")
    day: str | None = Field(
        default=None, description="the date or timestamp column that puts a row into a day of the window"
    )
    age_from: str | None = Field(
        default=None, description="merge: the column whose day the age of later changes is counted from"
    )
    day_from_window: str | None = Field(
        default=None, description="name of a date column filled with the slice's first day"
    )
    marketplace_from: str | None = Field(
        default=None, description="column that names the shop (`Amazon.com`); else the slice's only shop"
    )
    checks: tuple[HeaderSumCheck, ...] = ()
    quarantine: QuarantineRules | None = None
    restatements: bool = Field(
        default=True, description="keep old and new value of every cell that a later document changes"
    )
    personal_retention: Duration = Field(
        default=timedelta(days=30),
        description="how long `<table>__personal` keeps a row after the row's day, else the report's",
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
    def _columns_exist(self) -> TableSpec:
        for name, column in self.columns.items():
            if column.absent is not None and (column.type is not ColumnType.TEXT or not column.absent):
                raise ValueError(f"`columns.{name}.absent` is a word for nothing in a text column")
        bad = [name for name in self.columns if not NAME.fullmatch(name)]
        if bad:
            raise ValueError(f"column names are snake_case; not {', '.join(map(repr, bad))}")
        known = {*self.columns, *([self.day_from_window] if self.day_from_window else [])}
        derived = {"ordinal", "snapshot_at", "marketplace_id", "source_line"}
        for key in ("primary_key", "ordinal_by", "version", "day", "age_from", "marketplace_from"):
            named = getattr(self, key)
            for name in named if isinstance(named, tuple) else [named] if named else []:
                if name not in known and not (key == "primary_key" and name in derived):
                    raise ValueError(f"`{key}` names {name!r}, which is not in `columns`")
        if self.quarantine:
            measure = self.columns.get(self.quarantine.measure)
            if measure is None or measure.type not in (ColumnType.INTEGER, ColumnType.DECIMAL):
                raise ValueError(f"`quarantine.measure`: {self.quarantine.measure!r} is no numeric column")
        self._check_personal()
        if self.quarantine and self.write_disposition is not WriteDisposition.REPLACE:
            raise ValueError("`quarantine` goes with `write_disposition: replace`: whole days are compared")
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
        sources = [
            source for column in self.columns.values() for source in (column.source, *column.also) if source
        ]
        twice = {source for source in sources if sources.count(source) > 1}
        if twice:
            raise ValueError(f"two columns read {', '.join(map(repr, sorted(twice)))}")
        return self

    def _check_personal(self) -> None:
        """Personal columns leave the table, so nothing in it may depend on them."""
        if self.personal_columns and not self.primary_key:
            raise ValueError("`personal` columns go to another table: that needs a `primary_key`")
        needed = {*self.primary_key, self.ordinal_by, self.version, self.day, self.age_from}
        needed |= {self.marketplace_from, *(each.total for each in self.checks)}
        needed |= {self.quarantine.measure} if self.quarantine else set()
        for name in self.personal_columns:
            if name in needed:
                raise ValueError(f"{name!r} is `personal`: it cannot be a key, day, version or measure")

    @property
    def personal_columns(self) -> tuple[str, ...]:
        """The columns that hold personal data and stand in a table of their own."""
        return tuple(name for name, column in self.columns.items() if column.personal)

    @property
    def row_steps(self) -> tuple[str, ...]:
        """The names on the way to the rows; none where the document, or its line, is the list or the row."""
        return () if self.rows in ("", WHOLE_DOCUMENT) else tuple(self.rows.split("."))

    @property
    def facts(self) -> dict[str, str]:
        """Columns that the request tells, and the fact each of them is."""
        return {name: column.fact for name, column in self.columns.items() if column.fact}

    @property
    def read_columns(self) -> dict[str, Column]:
        """Columns that the document tells: all but ``facts``."""
        return {name: column for name, column in self.columns.items() if not column.fact}

    def header_of(self, name: str) -> str:
        """The document's own name of a column: its ``from``, else the canonical name with hyphens."""
        return self.columns[name].source or name.replace("_", "-")


def _read_from(table: Any, is_camel: bool) -> Any:
    """A table with `from` of camelCase columns and `fact` written out; what is no table stays as it is."""
    columns = table.get("columns") if isinstance(table, dict) else None
    if not isinstance(columns, dict):
        return table
    told: dict[str, Any] = {}
    for name, entry in columns.items():
        column = {"type": entry} if isinstance(entry, str) else entry or {}
        source = column.get("from") if isinstance(column, dict) else ""
        if isinstance(source, str) and source.startswith(FACT):
            entry = {**column, "fact": source.removeprefix(FACT)}
        elif source is None and is_camel:
            entry = {**column, "from": camel_case(str(name))}
        told[name] = entry
    return {**table, "columns": told}


def camel_case(name: str) -> str:
    """``units_sold_clicks_14d`` as ``unitsSoldClicks14d``."""
    first, *others = name.split("_")
    return first + "".join(each[:1].upper() + each[1:] for each in others)


class ReportSpec(_Strict):
    """One report: what to ask Amazon for, when, and which tables it fills."""

    name: str
    source: str
    report_type: str
    family: str
    description: str
    role: str = Field(default="", description="the role Amazon asks of the application, for the docs")
    scope: Literal["marketplace", "account_region"] = Field(
        description="`marketplace`: a request for each shop; `account_region`: one for all of an account"
    )
    marketplaces: Literal["all"] | tuple[str, ...] = "all"
    accounts: Literal["all"] | tuple[str, ...] = "all"
    schedule: Schedule
    catchup: bool = False
    start_date: str = "2024-01-01"
    due: str | None = Field(
        default=None,
        description="time of day of the schedule's zone (`09:00`) by which a run's days are promised; what "
        "has not landed by then is told as late",
    )
    period: Period
    request: RequestRules = RequestRules()
    format: FileFormat
    destinations: tuple[str, ...] = Field(
        default=("postgres",),
        min_length=1,
        description="where the rows go, `[postgres, bigquery]`: a load task each (docs/destinations.md)",
    )
    tables: dict[str, TableSpec] = Field(min_length=1)
    retries: int = Field(default=3, ge=2, description="at least 2: a deferral can fail once without cause")
    path: str = Field(default="", exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _where_columns_are_read(cls, values: Any) -> Any:
        """Write out what `format` says of columns: camelCase names, and which `from` is a fact."""
        form = values.get("format") if isinstance(values, dict) else None
        tables = values.get("tables") if isinstance(values, dict) else None
        if not isinstance(form, dict) or not isinstance(tables, dict) or form.get("kind") == "xml":
            return values
        is_camel = form.get("naming") == "camel"
        return {**values, "tables": {name: _read_from(table, is_camel) for name, table in tables.items()}}

    @model_validator(mode="before")
    @classmethod
    def _rows_within_rows(cls, values: Any) -> Any:
        """Tell each table which lists within its rows other tables take."""
        tables = values.get("tables") if isinstance(values, dict) else None
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            return values
        paths = [str(table.get("rows") or "") for table in tables.values()]
        told = {}
        for name, table in tables.items():
            prefix = f"{table['rows']}." if table.get("rows") else ""
            inner = sorted({path.removeprefix(prefix) for path in paths if path.startswith(prefix) and path})
            within = [path for path in inner if f"{prefix}{path}" != table.get("rows")]
            told[name] = {**table, "elsewhere": within} if within else table
        return {**values, "tables": told}

    @field_validator("due", mode="before")
    @classmethod
    def _due_is_a_time(cls, value: object) -> object:
        if value is not None and not (isinstance(value, str) and TIME_OF_DAY.fullmatch(value)):
            raise ValueError(f'{value!r} is no time of day; write it in quotes, such as `due: "09:00"`')
        return value

    @field_validator("marketplaces")
    @classmethod
    def _shops_exist(cls, value: Any) -> Any:
        for code in value if isinstance(value, tuple) else ():
            try:
                marketplace(code)
            except ConfigurationError as error:
                raise ValueError(f"{error.cause} {error.remedy}") from error
        return value

    @field_validator("destinations")
    @classmethod
    def _destinations_exist(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in value if name not in DESTINATIONS]
        if unknown:
            raise ValueError(f"there is no destination {unknown[0]!r}; there are {', '.join(DESTINATIONS)}")
        if len(set(value)) != len(value):
            raise ValueError("a destination is named twice")
        return value

    @field_validator("tables")
    @classmethod
    def _table_names(cls, value: dict[str, TableSpec]) -> dict[str, TableSpec]:
        for name in value:
            if not NAME.fullmatch(name):
                raise ValueError(f"table names are snake_case; not {name!r}")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> ReportSpec:
        listed, listing = self.request.how == "listed", self.period.kind is PeriodKind.LISTING
        if listed != listing:
            raise ValueError("`request.how: listed` and `period.kind: listing` go together")
        if (self.request.how == "called") != bool(self.request.operation):
            raise ValueError("`request.how: called` and `request.operation` go together")
        if (self.request.how == "queried") != bool(self.request.query):
            raise ValueError("`request.how: queried` and `request.query` go together")
        asked = self.request.how in ("created", "queried")
        if self.request.split and not (asked and self.scope == "marketplace"):
            raise ValueError(
                "`request.split` goes with `how: created` or `queried`, and `scope: marketplace`"
            )
        if self.request.how == "queried" and self.request.second_look:
            raise ValueError(
                "`how: queried` needs `second_look: 0s`: Data Kiosk says by itself what is empty"
            )
        for name, table in self.tables.items():
            is_many = bool(self.request.split) or self.request.how == "queried"
            if is_many and table.write_disposition is not WriteDisposition.MERGE:
                raise ValueError(
                    f"`tables.{name}`: the documents of `request.split`, and the pages of queries, can only "
                    "be merged"
                )
            is_snapshot = table.write_disposition is WriteDisposition.SNAPSHOT
            if is_snapshot != (self.period.kind is PeriodKind.SNAPSHOT):
                raise ValueError(
                    f"`tables.{name}`: snapshot periods and the snapshot disposition go together"
                )
            if self.format.kind in ("json", "xml") and not table.rows:
                raise ValueError(f"`tables.{name}` needs `rows`: where in the document its list is")
            if table.rows == WHOLE_DOCUMENT and self.format.kind != "json":
                raise ValueError(f"`tables.{name}`: `rows: {WHOLE_DOCUMENT!r}` goes with `format.kind: json`")
        return self

    @property
    def asked_columns(self) -> tuple[str, ...]:
        """What the documents call the columns of all tables, in the spec's order, each once."""
        names = (table.header_of(name) for table in self.tables.values() for name in table.read_columns)
        return tuple(dict.fromkeys(names))

    @property
    def dag_id(self) -> str:
        """``report__<source>__<name>``."""
        return f"report__{self.source}__{self.name}"
