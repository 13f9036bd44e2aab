"""Why this number: the rows behind a figure, what they were made of, their documents and Airflow runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Query

from sellerops.base.errors import ConfigurationError
from sellerops.marts.specs import MartSpec, load_mart
from sellerops.marts.tracing import (
    BuildRun,
    Figure,
    FigureInput,
    InputRows,
    Keys,
    LoadRun,
    figure_inputs,
    read_build,
    read_figure,
    read_input_rows,
    read_loads,
)
from sellerops.read_models.queries import Connection
from sellerops_airflow.dashboard.access import COSTS_HIDDEN, SeesCosts
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.traces import Why, WhyRows, rows_of, tells_costs, why_of

router = APIRouter(prefix="/why", tags=["why"], route_class=HubRoute)
_T = TypeVar("_T")


def _keys(
    account: Annotated[list[str] | None, Query(description="Accounts to include; all by default.")] = None,
    marketplace: Annotated[
        list[str] | None, Query(description="Marketplace ids to include; all by default.")
    ] = None,
    day: Annotated[date | None, Query(description="The day, instead of start and end.")] = None,
    start: date | None = None,
    end: date | None = None,
    sku: Annotated[str | None, Query(max_length=200)] = None,
    key: Annotated[list[str] | None, Query(description="More columns, each as column:value.")] = None,
) -> Keys:
    values = dict(_pair(each) for each in key or ())
    if sku is not None:
        values["sku"] = sku
    return Keys(tuple(account or ()), tuple(marketplace or ()), day or start, day or end, values)


def _pair(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise HTTPException(422, f"{text!r} is not a key. Write column:value, for example settlement_id:123.")
    return name, value


InKeys = Annotated[Keys, Depends(_keys)]
_Limit = Annotated[int, Query(ge=1, le=100)]
_Offset = Annotated[int, Query(ge=0, le=100_000)]


@router.get("")
def why(
    mart: str, column: str, keys: InKeys, sees: SeesCosts, limit: _Limit = 20, offset: _Offset = 0
) -> Why:
    """A figure of a mart: the sum of ``column`` over the rows that the keys select."""
    spec = _mart(mart, column, keys)
    _refuse_costs(spec, column, keys, sees)
    figure, build = _of_valid_keys(lambda: read(lambda c: _figure(c, spec, column, keys, limit, offset)))
    inputs = figure_inputs(spec, column, keys)
    return why_of(spec, column, figure, inputs, build, sees_costs=sees)


@router.get("/rows")
def input_rows(
    mart: str,
    column: str,
    keys: InKeys,
    sees: SeesCosts,
    name: Annotated[str, Query(description="An input of the mart other than a mart.")],
    limit: _Limit = 20,
    offset: _Offset = 0,
) -> WhyRows:
    """The rows of a landed or reference table that a figure of ``mart`` was made of, with their loads."""
    spec = _mart(mart, column, keys)
    _refuse_costs(spec, column, keys, sees)
    found = next((each for each in figure_inputs(spec, column, keys) if each.name == name), None)
    if found is None or found.kind == "mart":
        raise HTTPException(404, f"Mart {mart} reads no landed or reference table {name!r}.")
    if not sees and tells_costs(found):
        raise HTTPException(403, COSTS_HIDDEN)
    rows, loads = _of_valid_keys(lambda: read(lambda c: _rows_and_loads(c, spec, found, limit, offset)))
    return rows_of(name, rows, loads)


def _mart(name: str, column: str, keys: Keys) -> MartSpec:
    """The mart, if it has the column and the keys. 404 otherwise, with the nearest names."""
    try:
        mart = load_mart(name)
        keys.check(mart, column)
    except ConfigurationError as error:
        raise HTTPException(404, f"{error.cause} {error.remedy or ''}".strip()) from error
    return mart


def _of_valid_keys(work: Callable[[], _T]) -> _T:
    import psycopg

    try:
        return work()
    except psycopg.DataError as error:
        raise HTTPException(422, f"A key does not fit its column: {str(error).splitlines()[0]}.") from error


def _refuse_costs(mart: MartSpec, column: str, keys: Keys, sees: bool) -> None:
    # A key on a hidden column would reveal whether a guess of its value is right.
    if not sees and any(mart.columns[name].cost for name in (column, *keys.values)):
        raise HTTPException(403, COSTS_HIDDEN)


def _figure(
    connection: Connection, mart: MartSpec, column: str, keys: Keys, limit: int, offset: int
) -> tuple[Figure, BuildRun | None]:
    figure = read_figure(connection, mart, column, keys, limit=limit, offset=offset)
    return figure, read_build(connection, mart, keys)


def _rows_and_loads(
    connection: Connection, mart: MartSpec, found: FigureInput, limit: int, offset: int
) -> tuple[InputRows, list[LoadRun]]:
    rows = read_input_rows(connection, mart, found, limit=limit, offset=offset)
    return rows, read_loads(connection, {each for each in rows.load_ids if each is not None})
