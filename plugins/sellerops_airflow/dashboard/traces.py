"""What the API says about where a figure comes from."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

from pydantic import BaseModel

from sellerops.marts.specs import MartSpec, load_mart
from sellerops.marts.tracing import BuildRun, Figure, FigureInput, InputRows, Keys, LoadRun
from sellerops_airflow.runs.urls import PAGES

_COST_TABLES = ("reference.cost", "reference.price_break", "reference.supplier")


class WhySum(BaseModel):
    """Rows of one currency; empty: not money. ``value`` None: unknown, or must not be summed.

    ``unknown``: rows without a value, which are missing from the sum.
    """

    currency: str
    value: Decimal | None
    rows: int
    unknown: int


class WhyRow(BaseModel):
    """A row of the mart: its grain as text, and the figure's column."""

    keys: dict[str, str]
    value: str | None
    currency: str
    status: str
    missing: list[str]


class WhyPart(BaseModel):
    """A column of the single row behind a figure that Python computed."""

    column: str
    value: str
    unit: str
    description: str


class WhyKeys(BaseModel):
    """The keys that select rows, as this route's parameters; each ``key`` is ``column:value``."""

    account: list[str]
    marketplace: list[str]
    start: date | None
    end: date | None
    key: list[str]


class WhyInput(BaseModel):
    """An input of the mart. ``kind``: ``mart`` (ask this route about it with ``keys``), ``landed`` or
    ``reference`` (ask for its rows). ``makes_value``: the value is made of ``columns``; otherwise the input
    decides which rows count. ``hidden``: it tells costs, which you may not see.
    """

    name: str
    kind: str
    description: str
    columns: list[str]
    makes_value: bool
    hidden: bool
    keys: WhyKeys


class WhyRun(BaseModel):
    """An Airflow run and its page within Airflow. ``page`` None: a command did it."""

    dag_id: str
    run_id: str
    page: str | None


class Why(BaseModel):
    """A figure. ``description``: what its column means, which is its formula in words. ``computed``: by
    Python from the stored inputs, so that no SELECT names its columns. ``rows``: one page of ``row_count``.
    ``day_column``: the column of the mart's days, empty: it has none.
    """

    mart: str
    mart_description: str
    column: str
    description: str
    unit: str
    computed: bool
    day_column: str
    sums: list[WhySum]
    rows: list[WhyRow]
    row_count: int
    parts: list[WhyPart]
    inputs: list[WhyInput]
    built_at: datetime | None
    built_by: WhyRun | None


class WhyLoad(BaseModel):
    """A load of rows. ``document``: the document's page, relative to Airflow's address; None: not archived.

    ``reported_at``: when Amazon made the document (UTC); ``recorded_at``: when it was loaded (UTC).
    """

    id: int
    report: str
    account_id: str
    reported_at: datetime | None
    recorded_at: datetime
    rows_in_file: int
    document: str | None
    run: WhyRun


class WhyRows(BaseModel):
    """One page of rows of a landed or reference table; ``load_ids``: each row's load, as in ``loads``.

    ``note``: why there are no rows.
    """

    columns: list[str]
    rows: list[list[str | None]]
    load_ids: list[int | None]
    loads: list[WhyLoad]
    has_more: bool
    note: str


def why_of(
    mart: MartSpec,
    column: str,
    figure: Figure,
    inputs: list[FigureInput],
    build: BuildRun | None,
    *,
    sees_costs: bool,
) -> Why:
    """The answer about a figure. Parts that tell costs are left out for users who may not see them."""
    spec = mart.columns[column]
    return Why(
        mart=mart.name,
        mart_description=mart.description,
        column=column,
        description=spec.description,
        unit=spec.unit,
        computed=mart.computed,
        day_column=mart.day or "",
        sums=[WhySum.model_validate(each, from_attributes=True) for each in figure.sums],
        rows=[WhyRow.model_validate(each, from_attributes=True) for each in figure.rows],
        row_count=figure.row_count,
        parts=[
            WhyPart(
                column=name,
                value=value,
                unit=mart.columns[name].unit,
                description=mart.columns[name].description,
            )
            for name, value in figure.parts.items()
            if sees_costs or not mart.columns[name].cost
        ],
        inputs=[_input(each, sees_costs) for each in inputs],
        built_at=build.built_at if build else None,
        built_by=_run(build.dag_id, build.run_id) if build else None,
    )


def rows_of(name: str, rows: InputRows, loads: list[LoadRun]) -> WhyRows:
    """The answer about rows of an input."""
    return WhyRows(
        columns=rows.columns,
        rows=rows.rows,
        load_ids=rows.load_ids,
        loads=[_load(each) for each in loads],
        has_more=rows.has_more,
        note=_note(name, rows),
    )


def tells_costs(found: FigureInput) -> bool:
    """Whether an input, or one of its columns, tells what products cost."""
    if found.kind != "mart":
        return found.name in _COST_TABLES
    columns = load_mart(found.name).columns
    return any(columns[name].cost for name in found.columns)


def _input(found: FigureInput, sees_costs: bool) -> WhyInput:
    keys = found.keys
    return WhyInput(
        name=found.name,
        kind=found.kind,
        description=load_mart(found.name).description if found.kind == "mart" else "",
        columns=list(found.columns),
        makes_value=found.makes_value,
        hidden=not sees_costs and tells_costs(found),
        keys=keys_of(keys),
    )


def keys_of(keys: Keys) -> WhyKeys:
    """Keys as parameters."""
    return WhyKeys(
        account=list(keys.accounts),
        marketplace=list(keys.marketplaces),
        start=keys.first_day,
        end=keys.last_day,
        key=[f"{name}:{value}" for name, value in keys.values.items()],
    )


def _load(load: LoadRun) -> WhyLoad:
    has_page = load.request_id is not None and load.dag_id
    return WhyLoad(
        id=load.id,
        report=load.report,
        account_id=load.account_id,
        reported_at=load.reported_at,
        recorded_at=load.recorded_at,
        rows_in_file=load.rows_in_file,
        document=f"{PAGES.lstrip('/')}/dags/{quote(load.dag_id, safe='')}/documents/{load.request_id}"
        if has_page
        else None,
        run=_run(load.dag_id, load.run_id),
    )


def _run(dag_id: str, run_id: str) -> WhyRun:
    page = f"dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}" if dag_id and run_id else None
    return WhyRun(dag_id=dag_id, run_id=run_id, page=page)


def _note(name: str, rows: InputRows) -> str:
    if not rows.exists:
        return f"Table {name} is not in this warehouse, or the hub may not read it, as with personal data."
    if rows.too_many:
        return f"Searching {name} takes too long. Choose one SKU or fewer days."
    return "" if rows.rows else f"No row of {name} matches: the SELECT found none, or Amazon reported none."
