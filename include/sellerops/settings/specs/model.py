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
# `rows` for a document that is itself the list.
WHOLE_DOCUMENT = "[]"
FACT = "@"
# Placeholders in `absent`: a column of the row, or a digest of the whole row.
ABSENT_PART = re.compile(r"\{([a-z][a-z0-9_]*)\}")
WHOLE_ROW = "row"
# Postgres' limits: bytes of a name, columns of a table (minus room for ours and unknown ones) and of an
# index.
LONGEST_NAME = 63
MOST_COLUMNS = 1200
MOST_KEY_COLUMNS = 26
# System columns, ours and Postgres'.
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
    """How a run's window is cut into slices."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    RANGE = "range"
    SNAPSHOT = "snapshot"
    LISTING = "listing"

    @property
    def is_whole_only(self) -> bool:
        """Whether slices are whole weeks, calendar months or quarters that cannot be split."""
        return self in (PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER)


class WriteDisposition(StrEnum):
    """What a load does with the rows already in the table."""

    REPLACE = "replace"
    MERGE = "merge"
    SNAPSHOT = "snapshot"


class ColumnType(StrEnum):
    """``decimal`` is exact, ``timestamp`` an instant in UTC, ``date`` a day in the report's time zone."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"


# An arbitrary day: whether a cron is ever due does not depend on it.
_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)
AUTO_LOOKBACK_AT_FIRST = timedelta(days=14)


class Schedule(_Strict):
    """When the report is collected: ``cron``, or windows ``between`` in which it has its own fixed time."""

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
            raise ValueError("set either `cron` or `between`")
        if self.cron and (self.weekday or self.day_of_month):
            raise ValueError(
                "`weekday` and `day_of_month` need `between`; with `cron`, set the day in the cron"
            )
        if self.weekday and self.day_of_month:
            raise ValueError("set `weekday` or `day_of_month`, not both")
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
        raise ValueError(f"{text!r} is not a cron expression with five fields")
    try:
        croniter(text, _ANY_DAY).get_next(datetime)
    except CroniterBadDateError as error:
        raise ValueError(f"{text!r} is never due: it names a day that does not exist") from error


class Period(_Strict):
    """The time one slice covers, and how far a run looks back."""

    kind: PeriodKind
    clock: Literal["marketplace", "utc"] = Field(
        default="marketplace", description="time zone of days: the marketplace's, or UTC"
    )
    lookback: Duration = Field(
        default=timedelta(days=1),
        description="how far back a run collects again, because Amazon revises figures; `auto`: as far as "
        "this report's history shows that figures still change",
    )
    lookback_auto: bool = Field(default=False, description="set by `lookback: auto`")
    available_after: Duration = Field(
        default=timedelta(0), description="how long after the end of a period Amazon publishes it"
    )
    max_days: int = Field(
        default=31, ge=1, description="longest window of one request, in days; longer ones are split"
    )
    history: Duration = Field(
        default=timedelta(days=730),
        description="how far back Amazon has data; older slices are marked expired",
    )

    @model_validator(mode="before")
    @classmethod
    def _auto_lookback(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("lookback") == "auto":
            return {**values, "lookback": AUTO_LOOKBACK_AT_FIRST, "lookback_auto": True}
        return values


class Split(_Strict):
    """Splits the values of one report option over as many requests as needed."""

    option: str = Field(
        description="the report option that takes the values; `queried`: their placeholder in the query"
    )
    values: Literal["asins"] = Field(
        default="asins", description="the account's ASINs in the marketplace, from configuration or listings"
    )
    at_most: int = Field(ge=1, description="most values in one request")
    longest: int | None = Field(default=None, ge=1, description="most characters the option may have")
    separator: str = " "


class RequestRules(_Strict):
    """How the report is requested, polled and reused."""

    how: Literal["created", "listed", "called", "queried"] = Field(
        default="created",
        description="`created`: a report is requested. `listed`: Amazon creates reports on its own "
        "schedule; they are listed. `called`: the pages of an API operation. `queried`: a Data "
        "Kiosk query",
    )
    operation: str | None = Field(default=None, description="`called`: Amazon's name of the API operation")
    query: str | None = Field(
        default=None,
        description="`queried`: the GraphQL text; takes the placeholders of `options`, and as lists of "
        "strings `{marketplace_ids}` and the name of `split.option` in braces",
    )
    options: dict[str, str] = Field(
        default_factory=dict,
        description="reportOptions, or parameters of the operation; the slice's values replace "
        "`{first_day}`, `{last_day}`, `{window_start}`, `{window_end}` and `{marketplace_id}`",
    )
    split: Split | None = None
    restricted: bool = Field(
        default=False, description="the document needs a restricted data token (personal data)"
    )
    without_role: str = Field(
        default="", description="`restricted`: what is still loaded if the application lacks the role"
    )
    second_look: Duration = Field(
        default=timedelta(hours=1),
        description="how long after a CANCELLED report (and its cooldown) a second one is requested; only "
        "if it is CANCELLED too, the slice counts as empty. `0s`: the first one counts",
    )
    late_when: tuple[str, ...] = Field(
        default=(),
        description="phrases in the reason of a FATAL report that mean it is not published yet: late",
    )
    window_back: Duration = Field(
        default=timedelta(0),
        description="snapshots of types that require dates: how long before the snapshot dataStartTime is",
    )
    fresh_for: Duration = Field(
        default=timedelta(hours=6), description="reuse a document of the same window up to this age"
    )
    cooldown: Duration = Field(
        default=timedelta(0),
        description="shortest time between two requests for the same marketplaces, if "
        "longer than the type's in config/rate_limits.yaml",
    )
    first_poll: Duration = Field(
        default=timedelta(seconds=20), description="wait before the first status check"
    )
    poll_every: Duration = Field(default=timedelta(seconds=30), description="interval of later checks")
    give_up_after: Duration = Field(
        default=timedelta(hours=12), description="the request fails if it is not done by then"
    )


class FileFormat(_Strict):
    """How the document is parsed."""

    kind: Literal["tsv", "csv", "json", "jsonl", "xml"] = Field(
        description="`jsonl`: one JSON document per line, such as the pages of an operation"
    )
    nothing: tuple[str, ...] = Field(
        default=(),
        description="further words for a missing value in typed columns, besides `none`, `N/A`, `--` and "
        "the like",
    )
    headers: Literal["name", "position"] = Field(
        default="name",
        description="`position`: Amazon translates the headers but keeps their order; `columns` has the "
        "same order",
    )
    naming: Literal["plain", "camel"] = Field(
        default="plain",
        description="`camel`: a column without `from` is read from its name in camelCase (`campaign_id` from "
        "`campaignId`)",
    )
    charset: str | None = Field(
        default=None, description="needed only if the download names none and the marketplace's is wrong"
    )
    decimal: Literal["point", "local"] = Field(
        default="point", description="`local`: comma or point, as the marketplace writes numbers"
    )
    timestamps: tuple[str, ...] = Field(
        default=("iso",),
        description="`iso`, `local` (day, month and year in the marketplace's order, as in 3/1/26) or "
        "strptime patterns, tried in order; values without a time zone are UTC",
    )


class Column(_Strict):
    """One column; its canonical name is the key in `columns`."""

    type: ColumnType = ColumnType.TEXT
    source: str | None = Field(
        default=None,
        alias="from",
        description="header (flat file), or dotted path from the row (json, jsonl, xml): `price.amount`; "
        "`/a.b` from the root, through the elements that contain the row; `list[key=value].x`, "
        "`list[0].x` from one element of a list, `list[*].x` from every element (numbers are "
        "added up); xml: `x.@name` an attribute, `x[]` always a list. Not xml: `@name` a fact "
        "of the request, the same in all rows of a document (`@profile_id`); null if unknown",
    )
    also: tuple[str, ...] = Field(
        default=(), description="alternative headers or paths of the column: older, renamed or regional"
    )
    required: bool = Field(default=False, description="refuse documents without this column")
    absent: str | None = Field(
        default=None,
        description="value for key columns that Amazon may leave empty, such as `none`. "
        "`none-{order_id}-{sku}` uses other columns of the row, if a constant would merge two "
        "rows into one; `none-{row}` a digest of the whole row, if rows are not merged",
    )
    fact: str | None = Field(default=None, description="set automatically: the fact that `from` names")
    personal: bool = Field(
        default=False, description="personal data: stored in `<table>__personal` for `personal_retention`"
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
    """``absent`` as a value of the column's type; timestamps are UTC. Raises ValueError if it is invalid."""
    assert column.absent is not None
    try:
        return _CONSTANTS[column.type](column.absent)
    except (ValueError, ArithmeticError) as error:
        raise ValueError(f"`absent: {column.absent}` is not a {column.type.value}") from error


class HeaderSumCheck(_Strict):
    """The lines of each group must add up exactly to the total in its header row."""

    kind: Literal["header_sum"]
    group_by: str
    total: str
    amount: str


class QuarantineRules(_Strict):
    """When to quarantine a load because its figures differ too much from those of earlier days."""

    measure: str = Field(description="the numeric column to sum per day")
    zero: bool = Field(default=True, description="quarantine a day whose sum drops to zero")
    below: float = Field(
        default=0.2, ge=0, lt=1, description="quarantine a day below this fraction of its weekday's median"
    )
    weeks: int = Field(default=8, ge=2, description="how many weeks the median covers")
    minimum: float = Field(default=20, ge=0, description="ignore medians smaller than this")


class CollapseRules(_Strict):
    """When to quarantine a document because it has too few rows compared with what is stored."""

    rows: int = Field(
        ge=1, description="quarantine a document that would remove all of this many rows or more"
    )
    usual: int = Field(
        ge=1,
        description="if this many rows or more are usual, fewer than the fraction `below` of them count as "
        "none",
    )
    below: float = Field(ge=0, lt=1, description="the smallest plausible fraction of the usual rows")
    skip: str = Field(default="", description="why this check is off for the table; empty: it is on")


class TableSpec(_Strict):
    """One table that the report fills. Every table also has the system columns (docs/tables.md)."""

    description: str = ""
    rows: str = Field(
        default="",
        description="json, jsonl (from each line), xml (below the root element): dotted path to the rows, "
        "through every list on the path. json: `[]` if the document itself is the list. jsonl: empty if each "
        "line is a row",
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
            raise ValueError(f"column names must be snake_case, not {', '.join(map(repr, bad))}")
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
                raise ValueError(f"`quarantine.measure`: {self.quarantine.measure!r} is not a numeric column")
        self._check_personal()
        self._check_unit()
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
        sources = [
            source for column in self.columns.values() for source in (column.source, *column.also) if source
        ]
        repeated = {source for source in sources if sources.count(source) > 1}
        if repeated:
            raise ValueError(f"two columns read {', '.join(map(repr, sorted(repeated)))}")
        return self

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
        """Limits of the databases, checked here before any document is requested."""
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
        """The names on the path to the rows; empty if the document, or each line, is the list or the row."""
        return () if self.rows in ("", WHOLE_DOCUMENT) else tuple(self.rows.split("."))

    @property
    def facts(self) -> dict[str, str]:
        """Columns filled from the request, and the fact for each."""
        return {name: column.fact for name, column in self.columns.items() if column.fact}

    @property
    def read_columns(self) -> dict[str, Column]:
        """Columns filled from the document: all but ``facts``."""
        return {name: column for name, column in self.columns.items() if not column.fact}

    def header_of(self, name: str) -> str:
        """The document's name of a column: its ``from``, else the canonical name with hyphens."""
        return self.columns[name].source or name.replace("_", "-")


def _read_from(table: Any, is_camel: bool) -> Any:
    """A table with `from` of camelCase columns and `fact` filled in; anything else unchanged."""
    columns = table.get("columns") if isinstance(table, dict) else None
    if not isinstance(columns, dict):
        return table
    written: dict[str, Any] = {}
    for name, entry in columns.items():
        column = {"type": entry} if isinstance(entry, str) else entry or {}
        source = column.get("from") if isinstance(column, dict) else ""
        if isinstance(source, str) and source.startswith(FACT):
            entry = {**column, "fact": source.removeprefix(FACT)}
        elif source is None and is_camel:
            entry = {**column, "from": camel_case(str(name))}
        written[name] = entry
    return {**table, "columns": written}


def camel_case(name: str) -> str:
    """``units_sold_clicks_14d`` as ``unitsSoldClicks14d``."""
    first, *others = name.split("_")
    return first + "".join(each[:1].upper() + each[1:] for each in others)


PERSONAL_DOCUMENTS_KEPT = timedelta(days=30)


class ReportSpec(_Strict):
    """One report: what to request from Amazon, when, and which tables it fills."""

    name: str
    source: str
    enabled: bool = Field(
        default=True,
        description="`false` switches the report off: it has no DAG and no expected days; its tables stay, "
        "and `replay` and retention still include them",
    )
    report_type: str
    family: str = Field(
        min_length=1, max_length=60, description="a tag of the DAG; notices can be routed by it"
    )
    description: str
    role: str = Field(
        default="",
        description="the role that Amazon requires of the application, for docs/reports.md and error "
        "messages",
    )
    scope: Literal["marketplace", "account_region"] = Field(
        description="`marketplace`: one request per marketplace; `account_region`: one for all of an account"
    )
    marketplaces: Literal["all"] | tuple[str, ...] = "all"
    accounts: Literal["all"] | tuple[str, ...] = "all"
    schedule: Schedule
    catchup: bool = False
    start_date: str = "2024-01-01"
    due: str | None = Field(
        default=None,
        description="time of day in the schedule's time zone (`09:00`) by which a run's days must be loaded; "
        "later ones are reported as late",
    )
    period: Period
    request: RequestRules = RequestRules()
    format: FileFormat
    destinations: Destinations = Field(
        default=("postgres",),
        description="where the rows go, such as `[postgres, bigquery]`: one load task each. In a report's "
        "own file it overrides the rules of config/destinations.yaml; in `defaults.yaml` the "
        "rules override it",
    )
    destination_rules: tuple[DestinationRule, ...] = Field(
        default=(), description="set automatically: the rules of config/destinations.yaml that may apply"
    )
    collapse: CollapseRules | None = Field(
        default=None,
        description="when too few rows quarantine a document; tables may override single settings",
    )
    document_retention: Duration | None = Field(
        default=None,
        description="how long the archive keeps the report's documents; default: the longest "
        "`personal_retention` if tables have personal columns, else forever",
    )
    tables: dict[str, TableSpec] = Field(min_length=1)
    retries: int = Field(
        default=3, ge=2, le=100, description="at least 2: a deferral may fail once for no reason"
    )
    path: str = Field(default="", exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _where_columns_are_read(cls, values: Any) -> Any:
        """Apply `format` to the columns: fill in camelCase names, and facts from `from`."""
        form = values.get("format") if isinstance(values, dict) else None
        tables = values.get("tables") if isinstance(values, dict) else None
        if not isinstance(form, dict) or not isinstance(tables, dict) or form.get("kind") == "xml":
            return values
        is_camel = form.get("naming") == "camel"
        return {**values, "tables": {name: _read_from(table, is_camel) for name, table in tables.items()}}

    @model_validator(mode="before")
    @classmethod
    def _collapse_of_tables(cls, values: Any) -> Any:
        """Merge the report's `collapse` settings into each table's own."""
        shared = values.get("collapse") if isinstance(values, dict) else None
        tables = values.get("tables") if isinstance(values, dict) else None
        if not isinstance(shared, dict) or not isinstance(tables, dict):
            return values
        merged = {}
        for name, table in tables.items():
            own = table.get("collapse") or {} if isinstance(table, dict) else None
            merged[name] = {**table, "collapse": {**shared, **own}} if isinstance(own, dict) else table
        return {**values, "tables": merged}

    @model_validator(mode="before")
    @classmethod
    def _rows_within_rows(cls, values: Any) -> Any:
        """Set for each table which lists within its rows belong to other tables."""
        tables = values.get("tables") if isinstance(values, dict) else None
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            return values
        paths = [str(table.get("rows") or "") for table in tables.values()]
        marked = {}
        for name, table in tables.items():
            prefix = f"{table['rows']}." if table.get("rows") else ""
            inner = sorted({path.removeprefix(prefix) for path in paths if path.startswith(prefix) and path})
            within = [path for path in inner if f"{prefix}{path}" != table.get("rows")]
            marked[name] = {**table, "elsewhere": within} if within else table
        return {**values, "tables": marked}

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
            raise ValueError(f'{value!r} is not a time of day; write it in quotes, such as `due: "09:00"`')
        return value

    @field_validator("start_date", mode="before")
    @classmethod
    def _starts_on_a_day(cls, value: object) -> str:
        try:
            day = date.fromisoformat(str(value))
        except ValueError as error:
            raise ValueError(f"{value!r} is not a valid date; use YYYY-MM-DD, such as 2026-11-20") from error
        if not 2000 <= day.year <= 2100:
            raise ValueError(f"{value!r} is out of range: Amazon has no data from that year")
        return day.isoformat()

    @field_validator("marketplaces")
    @classmethod
    def _marketplaces_exist(cls, value: Any) -> Any:
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
                raise ValueError(f"table names must be snake_case, not {name!r}")
            if name.endswith("__personal"):
                raise ValueError(f"{name!r} is reserved for personal columns; choose another name")
            longest = LONGEST_NAME - (len("__personal") if table.personal_columns else 0)
            if len(name) > longest:
                raise ValueError(f"the table name {name!r} has more than {longest} characters")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> ReportSpec:
        listed, listing = self.request.how == "listed", self.period.kind is PeriodKind.LISTING
        if listed != listing:
            raise ValueError("`request.how: listed` and `period.kind: listing` need each other")
        if (self.request.how == "called") != bool(self.request.operation):
            raise ValueError("`request.how: called` and `request.operation` need each other")
        if (self.request.how == "queried") != bool(self.request.query):
            raise ValueError("`request.how: queried` and `request.query` need each other")
        is_requested = self.request.how in ("created", "queried")
        if self.request.split and not (is_requested and self.scope == "marketplace"):
            raise ValueError("`request.split` needs `how: created` or `queried`, and `scope: marketplace`")
        if self.request.how == "queried" and self.request.second_look:
            raise ValueError(
                "`how: queried` needs `second_look: 0s`: Data Kiosk itself reports empty results"
            )
        for name, table in self.tables.items():
            is_many = bool(self.request.split) or self.request.how == "queried"
            if is_many and table.write_disposition is not WriteDisposition.MERGE:
                raise ValueError(
                    f"`tables.{name}`: with `request.split` or `how: queried`, set `write_disposition: "
                    "merge`: a slice has several documents"
                )
            is_snapshot = table.write_disposition is WriteDisposition.SNAPSHOT
            if is_snapshot != (self.period.kind is PeriodKind.SNAPSHOT):
                raise ValueError(
                    f"`tables.{name}`: `period.kind: snapshot` and `write_disposition: snapshot` need each "
                    "other"
                )
            if self.format.kind in ("json", "xml") and not table.rows:
                raise ValueError(f"`tables.{name}` needs `rows`, the path to its list in the document")
            if table.rows == WHOLE_DOCUMENT and self.format.kind != "json":
                raise ValueError(f"`tables.{name}`: `rows: {WHOLE_DOCUMENT!r}` needs `format.kind: json`")
        return self

    def destinations_of(self, account_id: str) -> tuple[str, ...]:
        """The destinations for an account's rows."""
        for rule in self.destination_rules:
            if not rule.accounts or account_id in rule.accounts:
                return rule.destinations
        return self.destinations

    @property
    def all_destinations(self) -> tuple[str, ...]:
        """The destinations of all accounts, each once."""
        found: list[str] = []
        for rule in self.destination_rules:
            found += rule.destinations
            if not rule.accounts:
                return tuple(dict.fromkeys(found))
        return tuple(dict.fromkeys([*self.destinations, *found]))

    def keeps_equal_rows(self, table: str) -> bool:
        """Whether rows of one document with the same key are separate rows rather than repetitions.

        True if whole days of a single document are replaced, and if the key only identifies the unit that the
        lines belong to. Pages of an operation may repeat a row.
        """
        it = self.tables[table]
        if it.write_disposition is WriteDisposition.REPLACE:
            return bool(it.primary_key) and self.format.kind != "jsonl"
        return bool(it.unit) and set(it.primary_key) <= set(it.unit)

    @property
    def is_in_parts(self) -> bool:
        """Whether one document is only a part of a slice, so that its number of rows means nothing."""
        return self.request.split is not None or self.request.how in ("queried", "listed")

    @property
    def clearable_tables(self) -> tuple[str, ...]:
        """The tables whose rows are deleted if Amazon reports no data, after a person has confirmed it."""
        return tuple(
            name
            for name, table in self.tables.items()
            if table.may_quarantine and table.write_disposition is WriteDisposition.REPLACE
        )

    def parent_of(self, table: str) -> str | None:
        """The table whose rows contain the rows of ``table`` in the document; None if there is none."""
        rows = self.tables[table].rows
        above = [
            name
            for name, other in self.tables.items()
            if rows and rows != other.rows and rows.startswith(f"{other.rows}." if other.rows else "")
        ]
        return max(above, key=lambda name: len(self.tables[name].rows), default=None)

    @property
    def requested_columns(self) -> tuple[str, ...]:
        """The documents' names of the columns of all tables, in the spec's order, each once."""
        names = (table.header_of(name) for table in self.tables.values() for name in table.read_columns)
        return tuple(dict.fromkeys(names))

    @property
    def archive_retention(self) -> timedelta | None:
        """How long the archive keeps the documents; None: forever."""
        personal = [table.personal_retention for table in self.tables.values() if table.personal_columns]
        return self.document_retention or max(personal, default=None)

    @property
    def personal_archive_retention(self) -> timedelta:
        """The same for documents in which undeclared personal data was found."""
        return self.archive_retention or PERSONAL_DOCUMENTS_KEPT

    @property
    def dag_id(self) -> str:
        """``report__<source>__<name>``."""
        return f"report__{self.source}__{self.name}"
