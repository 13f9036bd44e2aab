"""What a report YAML may say. Unknown keys are refused; every knob has its meaning beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sellerops.base.errors import ConfigurationError
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs.destination_rules import DestinationRule, Destinations
from sellerops.settings.specs.durations import Duration, parse_window

NAME = re.compile(r"[a-z][a-z0-9_]*")
# `rows` of a document that is a list and nothing else.
WHOLE_DOCUMENT = "[]"
FACT = "@"
# The parts of `absent`: a column of the row, or a digest of all of it.
ABSENT_PART = re.compile(r"\{([a-z][a-z0-9_]*)\}")
WHOLE_ROW = "row"
# Postgres' limits: bytes of a name, columns of a table (with room for ours and unknown ones) and of an index.
LONGEST_NAME = 63
MOST_COLUMNS = 1200
MOST_KEY_COLUMNS = 26
# Columns that every table of ours or of Postgres has.
RESERVED_COLUMNS = frozenset(
    {
        "account_id", "marketplace_id", "region", "snapshot_at", "ordinal", "line_hash", "source_line",
        "load_id", "reported_at", "unit_mark", "personal_since", "ctid", "xmin", "xmax", "cmin", "cmax",
        "tableoid",
    }
)  # fmt: skip
TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PeriodKind(StrEnum):
    """How a run's time is cut into slices."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    RANGE = "range"
    SNAPSHOT = "snapshot"
    LISTING = "listing"

    @property
    def is_whole_only(self) -> bool:
        """Whether days come in weeks, calendar months or quarters that cannot be parted."""
        return self in (PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER)


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


# Any: whether a cron is ever due does not depend on it.
_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)
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
    from croniter import CroniterBadDateError, croniter

    if len(text.split()) != 5 or not croniter.is_valid(text):
        raise ValueError(f"{text!r} is no cron expression of five fields")
    try:
        croniter(text, _ANY_DAY).get_next(datetime)
    except CroniterBadDateError as error:
        raise ValueError(f"{text!r} is never due: no such day exists") from error


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
        "from one element of a list, `list[*].x` from every one (numbers are added up); xml: `x.@name` an "
        "attribute, `x[]` always a list. Not xml: `@name` a fact of the request, the same in all rows of a "
        "document (`@profile_id`); null where it is not known",
    )
    also: tuple[str, ...] = Field(
        default=(), description="other headers or paths of the same column: older, renamed or regional"
    )
    required: bool = Field(default=False, description="a document without this column is refused")
    absent: str | None = Field(
        default=None,
        description="key columns that Amazon may leave empty: what stands there instead, `none`. "
        "`none-{order_id}-{sku}` is made of other columns of the row, where a word alone would make two rows "
        "one; `none-{row}` of the row's whole content, where rows are not merged",
    )
    fact: str | None = Field(default=None, description="set by the report: the fact that `from` names")
    personal: bool = Field(
        default=False, description="personal data: kept in `<table>__personal`, for `personal_retention`"
    )
    description: str = ""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


_CONSTANTS: dict[ColumnType, Callable[[str], Any]] = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: int,
    ColumnType.DECIMAL: Decimal,
    ColumnType.DATE: date.fromisoformat,
    ColumnType.TIMESTAMP: lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
}


def absent_value(column: Column) -> Any:
    """``absent`` as a value of the column's type; an instant is UTC. Raises ValueError when it is none."""
    assert column.absent is not None
    try:
        return _CONSTANTS[column.type](column.absent)
    except (ValueError, ArithmeticError) as error:
        raise ValueError(f"`absent: {column.absent}` is no value of type {column.type.value}") from error


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


class CollapseRules(_Strict):
    """When a document holds so few rows, compared with what is stored, that a person must look first."""

    rows: int = Field(
        ge=1, description="quarantine a document that leaves nothing of this many rows, or of more"
    )
    usual: int = Field(
        ge=1,
        description="where this many rows or more are usual, fewer than `below` of them count as nothing",
    )
    below: float = Field(ge=0, lt=1, description="the part of `usual` rows that is still plausible")
    skip: str = Field(default="", description="why the table is not judged; empty: it is")


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
    unit: tuple[str, ...] = Field(
        default=(),
        description="columns of rows that come and go together. merge: the newest document's rows of a unit "
        "replace all its earlier ones; a unit that is the whole key numbers its rows in `ordinal`. replace: "
        "rows of the unit on other days give way to a newer document",
    )
    ordinal_by: str | None = Field(
        default=None,
        description="the column that tells the lines of a unit apart, when the file has it: a document "
        "speaks for the lines it names",
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
    shared_stock: str | None = Field(
        default=None,
        description="snapshot of each shop: the column of the pieces that shops of one pool (Pan-EU) each "
        "tell in full. The view `<table>__once` then counts them once",
    )
    checks: tuple[HeaderSumCheck, ...] = ()
    quarantine: QuarantineRules | None = None
    collapse: CollapseRules | None = Field(
        default=None, description="this table's own `collapse` settings; the report's apply to the others"
    )
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
            self._check_absent(name, column)
        bad = [name for name in self.columns if not NAME.fullmatch(name)]
        if bad:
            raise ValueError(f"column names are snake_case; not {', '.join(map(repr, bad))}")
        self._check_limits()
        known = {*self.columns, *([self.day_from_window] if self.day_from_window else [])}
        derived = {"ordinal", "snapshot_at", "marketplace_id", "source_line"}
        named_columns = (
            "unit",
            "ordinal_by",
            "version",
            "day",
            "age_from",
            "marketplace_from",
            "shared_stock",
        )
        for key in ("primary_key", *named_columns):
            named = getattr(self, key)
            for name in named if isinstance(named, tuple) else [named] if named else []:
                if name not in known and not (key in ("primary_key", "unit") and name in derived):
                    raise ValueError(f"`{key}` names {name!r}, which is not in `columns`")
        if self.quarantine:
            measure = self.columns.get(self.quarantine.measure)
            if measure is None or measure.type not in (ColumnType.INTEGER, ColumnType.DECIMAL):
                raise ValueError(f"`quarantine.measure`: {self.quarantine.measure!r} is no numeric column")
        self._check_personal()
        self._check_unit()
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

    def _check_absent(self, name: str, column: Column) -> None:
        if column.absent is None:
            return
        if not column.absent or column.type is ColumnType.BOOLEAN or column.fact:
            raise ValueError(f"`columns.{name}.absent` is a value for an empty field of the document")
        parts = ABSENT_PART.findall(column.absent)
        if not parts:
            absent_value(column)
        unknown = [part for part in parts if part not in self.read_columns and part != WHOLE_ROW]
        if unknown or name in parts:
            raise ValueError(f"`columns.{name}.absent` names {(unknown or [name])[0]!r}, which it cannot use")
        if WHOLE_ROW in parts and self.write_disposition is WriteDisposition.MERGE:
            raise ValueError(
                f"`columns.{name}.absent`: with `write_disposition: merge`, a changed row would be stored "
                "beside the old one under `{row}`; name columns that never change"
            )

    def _check_limits(self) -> None:
        """What no database of ours takes; said here, it costs no document."""
        names = [*self.columns, *([self.day_from_window] if self.day_from_window else [])]
        reserved = [name for name in names if name in RESERVED_COLUMNS]
        if reserved:
            raise ValueError(
                f"{', '.join(map(repr, reserved))}: every table has a column of that name already; "
                "choose another name and say `from`"
            )
        long = [name for name in names if len(name) > LONGEST_NAME]
        if long:
            raise ValueError(f"{long[0]!r} has more than {LONGEST_NAME} characters")
        if len(names) > MOST_COLUMNS:
            raise ValueError(f"a table has at most {MOST_COLUMNS} columns; these are {len(names)}")
        if len(self.primary_key) > MOST_KEY_COLUMNS:
            raise ValueError(f"a `primary_key` has at most {MOST_KEY_COLUMNS} columns")

    def _check_personal(self) -> None:
        """Personal columns leave the table, so nothing in it may depend on them."""
        if self.personal_columns and not self.primary_key:
            raise ValueError("`personal` columns go to another table: that needs a `primary_key`")
        needed = {*self.primary_key, *self.unit, self.ordinal_by, self.version, self.day, self.age_from}
        needed |= {self.marketplace_from, *(each.total for each in self.checks)}
        needed |= {self.quarantine.measure} if self.quarantine else set()
        for name in self.personal_columns:
            if name in needed:
                raise ValueError(f"{name!r} is `personal`: it cannot be a key, day, version or measure")

    def _check_unit(self) -> None:
        is_merge = self.write_disposition is WriteDisposition.MERGE
        if self.unit and self.write_disposition is WriteDisposition.SNAPSHOT:
            raise ValueError("`unit` goes with `write_disposition: merge` or `replace`")
        if self.unit and is_merge and not set(self.unit) <= {*self.primary_key, "marketplace_id"}:
            raise ValueError("`unit` of merged rows is part of the `primary_key`")
        if self.shared_stock and self.write_disposition is not WriteDisposition.SNAPSHOT:
            raise ValueError("`shared_stock` goes with `write_disposition: snapshot`")
        if self.ordinal_by and not (is_merge and self.unit and set(self.primary_key) <= set(self.unit)):
            raise ValueError(
                "`ordinal_by` tells the lines of a `unit` apart: merge by a unit that is the key"
            )
        if self.ordinal_by and self.personal_columns:
            raise ValueError("`ordinal_by` and `personal` columns do not go together")
        if self.unit and self.version and self.columns[self.version].type is not ColumnType.TIMESTAMP:
            raise ValueError(f"`version`: {self.version!r} of a table with `unit` is a timestamp")

    @property
    def may_quarantine(self) -> bool:
        """Whether a person may be asked before a document is stored in the table."""
        return self.quarantine is not None or self.row_collapse_rules is not None

    @property
    def row_collapse_rules(self) -> CollapseRules | None:
        """The rules for documents with too few rows, unless the spec skips them."""
        return None if self.collapse is None or self.collapse.skip else self.collapse

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


PERSONAL_DOCUMENTS_KEPT = timedelta(days=30)


class ReportSpec(_Strict):
    """One report: what to ask Amazon for, when, and which tables it fills."""

    name: str
    source: str
    enabled: bool = Field(
        default=True,
        description="`false` switches the report off: no DAG, nothing of it is expected; its tables "
        "stay, known to `replay` and retention",
    )
    report_type: str
    family: str = Field(min_length=1, max_length=60, description="a tag of the DAG; notices go by it")
    description: str
    role: str = Field(
        default="",
        description="the role that Amazon asks of the application, for docs/reports.md and refusals",
    )
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
    destinations: Destinations = Field(
        default=("postgres",),
        description="where the rows go, `[postgres, bigquery]`: a load task each. In a report's own file it "
        "goes before the rules of config/destinations.yaml, in `defaults.yaml` behind them",
    )
    destination_rules: tuple[DestinationRule, ...] = Field(
        default=(), description="set by config/destinations.yaml: the rules that apply to this report"
    )
    collapse: CollapseRules | None = Field(
        default=None, description="when too few rows quarantine a document; tables may change single settings"
    )
    document_retention: Duration | None = Field(
        default=None,
        description="how long the archive keeps the report's documents; left out: where tables have personal "
        "columns as long as the longest `personal_retention`, else for ever",
    )
    tables: dict[str, TableSpec] = Field(min_length=1)
    retries: int = Field(
        default=3, ge=2, le=100, description="at least 2: a deferral can fail once without cause"
    )
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
    def _collapse_of_tables(cls, values: Any) -> Any:
        """Give each table the report's `collapse` settings beneath its own."""
        shared = values.get("collapse") if isinstance(values, dict) else None
        tables = values.get("tables") if isinstance(values, dict) else None
        if not isinstance(shared, dict) or not isinstance(tables, dict):
            return values
        told = {}
        for name, table in tables.items():
            own = table.get("collapse") or {} if isinstance(table, dict) else None
            told[name] = {**table, "collapse": {**shared, **own}} if isinstance(own, dict) else table
        return {**values, "tables": told}

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

    @field_validator("enabled", mode="before")
    @classmethod
    def _enabled_is_a_switch(cls, value: object) -> object:
        if not isinstance(value, bool):
            raise ValueError(f"{value!r} is neither `true` nor `false`")
        return value

    @field_validator("due", mode="before")
    @classmethod
    def _due_is_a_time(cls, value: object) -> object:
        if value is not None and not (isinstance(value, str) and TIME_OF_DAY.fullmatch(value)):
            raise ValueError(f'{value!r} is no time of day; write it in quotes, such as `due: "09:00"`')
        return value

    @field_validator("start_date", mode="before")
    @classmethod
    def _starts_on_a_day(cls, value: object) -> str:
        try:
            day = date.fromisoformat(str(value))
        except ValueError as error:
            raise ValueError(f"{value!r} is not a valid date; use YYYY-MM-DD, such as 2026-11-20") from error
        if not 2000 <= day.year <= 2100:
            raise ValueError(f"{value!r} is not a year Amazon has data of")
        return day.isoformat()

    @field_validator("marketplaces")
    @classmethod
    def _shops_exist(cls, value: Any) -> Any:
        for code in value if isinstance(value, tuple) else ():
            try:
                marketplace(code)
            except ConfigurationError as error:
                raise ValueError(f"{error.cause} {error.remedy}") from error
        return value

    @field_validator("tables")
    @classmethod
    def _table_names(cls, value: dict[str, TableSpec]) -> dict[str, TableSpec]:
        for name, table in value.items():
            if not NAME.fullmatch(name):
                raise ValueError(f"table names are snake_case; not {name!r}")
            if name.endswith("__personal"):
                raise ValueError(f"{name!r} is the name of a table for personal columns; choose another")
            longest = LONGEST_NAME - (len("__personal") if table.personal_columns else 0)
            if len(name) > longest:
                raise ValueError(f"the table name {name!r} has more than {longest} characters")
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

    def destinations_of(self, account_id: str) -> tuple[str, ...]:
        """Where the rows of an account go."""
        for rule in self.destination_rules:
            if not rule.accounts or account_id in rule.accounts:
                return rule.destinations
        return self.destinations

    @property
    def all_destinations(self) -> tuple[str, ...]:
        """Where the rows of some account go, each once."""
        found: list[str] = []
        for rule in self.destination_rules:
            found += rule.destinations
            if not rule.accounts:
                return tuple(dict.fromkeys(found))
        return tuple(dict.fromkeys([*self.destinations, *found]))

    def keeps_equal_rows(self, table: str) -> bool:
        """Whether rows of one document with the same key are rows of their own, not one row told twice.

        So where a day of a document made in one piece is taken whole, and where the key says no more than the
        unit its lines belong to. Pages of an operation may tell one thing twice.
        """
        it = self.tables[table]
        if it.write_disposition is WriteDisposition.REPLACE:
            return bool(it.primary_key) and self.format.kind != "jsonl"
        return bool(it.unit) and set(it.primary_key) <= set(it.unit)

    @property
    def is_in_parts(self) -> bool:
        """Whether one document is only a part of what a slice asks for, so that its size means nothing."""
        return self.request.split is not None or self.request.how in ("queried", "listed")

    @property
    def clearable_tables(self) -> tuple[str, ...]:
        """The tables of which Amazon's word that there is no data takes away rows, once a person agrees."""
        return tuple(
            name
            for name, table in self.tables.items()
            if table.may_quarantine and table.write_disposition is WriteDisposition.REPLACE
        )

    def parent_of(self, table: str) -> str | None:
        """The table whose rows contain the rows of ``table`` in the document; None when there is none."""
        rows = self.tables[table].rows
        above = [
            name
            for name, other in self.tables.items()
            if rows and rows != other.rows and rows.startswith(f"{other.rows}." if other.rows else "")
        ]
        return max(above, key=lambda name: len(self.tables[name].rows), default=None)

    @property
    def requested_columns(self) -> tuple[str, ...]:
        """What the documents call the columns of all tables, in the spec's order, each once."""
        names = (table.header_of(name) for table in self.tables.values() for name in table.read_columns)
        return tuple(dict.fromkeys(names))

    @property
    def archive_retention(self) -> timedelta | None:
        """How long the archive keeps the documents; None: for ever."""
        personal = [table.personal_retention for table in self.tables.values() if table.personal_columns]
        return self.document_retention or max(personal, default=None)

    @property
    def personal_archive_retention(self) -> timedelta:
        """The same of documents in which personal data were found that no column declares."""
        return self.archive_retention or PERSONAL_DOCUMENTS_KEPT

    @property
    def dag_id(self) -> str:
        """``report__<source>__<name>``."""
        return f"report__{self.source}__{self.name}"
