"""One report: all settings of its YAML file."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from sellerops.base.errors import ConfigurationError
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs.derived_settings import derive_table_settings
from sellerops.settings.specs.destination_rules import DestinationRule, Destinations
from sellerops.settings.specs.durations import Duration
from sellerops.settings.specs.file_format import FileFormat
from sellerops.settings.specs.period import Period, PeriodKind
from sellerops.settings.specs.quarantine_rules import CollapseRules
from sellerops.settings.specs.report_queues import ReportQueues
from sellerops.settings.specs.request import RequestRules
from sellerops.settings.specs.schedule import Schedule
from sellerops.settings.specs.strict_model import StrictModel
from sellerops.settings.specs.tables import LONGEST_NAME, NAME, TableSpec, WriteDisposition

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
PERSONAL_DOCUMENTS_KEPT = timedelta(days=30)


class ReportSpec(StrictModel):
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
    queue: ReportQueues = Field(
        default=ReportQueues(), description="the Airflow queues of its tasks (docs/many-machines.md)"
    )
    path: str = Field(default="", exclude=True)
    off_because: str = Field(
        default="", exclude=True, description="set automatically: why an enabled report cannot run here"
    )

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: Any) -> Any:
        return derive_table_settings(values)

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
        listed, listing = self.request.how in ("listed", "dropped"), self.period.kind is PeriodKind.LISTING
        if listed != listing:
            raise ValueError("`request.how: listed` or `dropped` and `period.kind: listing` need each other")
        if (self.request.how == "downloaded") != bool(self.request.page and self.request.login):
            raise ValueError("`request.how: downloaded`, `request.page` and `request.login` need each other")
        if (self.request.how == "dropped") != bool(self.request.files):
            raise ValueError("`request.how: dropped` and `request.files` need each other")
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
            self._check_table(name, table)
        return self

    def _check_table(self, name: str, table: TableSpec) -> None:
        is_many = bool(self.request.split) or self.request.how == "queried"
        if is_many and table.write_disposition is not WriteDisposition.MERGE:
            raise ValueError(
                f"`tables.{name}`: with `request.split` or `how: queried`, set `write_disposition: "
                "merge`: a slice has several documents"
            )
        is_snapshot = table.write_disposition is WriteDisposition.SNAPSHOT
        if is_snapshot != (self.period.kind is PeriodKind.SNAPSHOT):
            raise ValueError(
                f"`tables.{name}`: `period.kind: snapshot` and `write_disposition: snapshot` need each other"
            )
        if self.format.kind in ("json", "xml") and not table.rows:
            raise ValueError(f"`tables.{name}` needs `rows`, the path to its list in the document")
        if table.is_list_document and self.format.kind != "json":
            raise ValueError(f"`tables.{name}`: `rows: {table.rows!r}` needs `format.kind: json`")

    @property
    def is_on(self) -> bool:
        """Whether the report has a DAG and expected days."""
        return self.enabled and not self.off_because

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

        True if a single document replaces whole days of a table with a key, except for ``jsonl``, because
        pages of an operation may repeat a row. Also true if the key only identifies the unit to which the
        lines belong.
        """
        it = self.tables[table]
        if it.write_disposition is WriteDisposition.REPLACE:
            return bool(it.primary_key) and self.format.kind != "jsonl"
        return bool(it.unit) and set(it.primary_key) <= set(it.unit)

    @property
    def is_in_parts(self) -> bool:
        """Whether one document is only a part of a slice, so that its number of rows proves nothing."""
        return self.request.split is not None or self.request.how in ("queried", "listed", "dropped")

    @property
    def has_scarce_quota(self) -> bool:
        """Whether Amazon accepts the report's requests only about once a minute per account."""
        return self.source == "amazon_sp" and self.request.how == "created"

    @property
    def clearable_tables(self) -> tuple[str, ...]:
        """The tables whose rows are deleted once a person has confirmed that Amazon has no data."""
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
        """The columns of all tables as the document names them, in the spec's order, each once."""
        names = (table.header_of(name) for table in self.tables.values() for name in table.read_columns)
        return tuple(dict.fromkeys(names))

    @property
    def archive_retention(self) -> timedelta | None:
        """How long the archive keeps the documents; None means forever."""
        personal = [table.personal_retention for table in self.tables.values() if table.personal_columns]
        return self.document_retention or max(personal, default=None)

    @property
    def personal_archive_retention(self) -> timedelta:
        """How long the archive keeps documents in which undeclared personal data was found."""
        return self.archive_retention or PERSONAL_DOCUMENTS_KEPT

    @property
    def dag_id(self) -> str:
        """``report__<source>__<name>``."""
        return f"report__{self.source}__{self.name}"
