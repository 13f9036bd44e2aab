"""The subset of SQL that both databases calculate alike: each rule refuses its case, with a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sellerops.marts.inputs import declared_columns
from sellerops.marts.lint import check_mart
from sellerops.marts.specs import MartSpec, load_mart, load_marts
from sellerops.settings.specs import ColumnType

HEADER = """\
-- description: A mart to check.
-- group: daily
-- grain: [account_id, day]
-- partition: [account_id, day]
-- inputs:
--   amazon_sp.things: {day: day}
-- columns:
--   account_id: {type: text, description: "Account."}
--   day: {type: date, description: "Day."}
--   value: {type: decimal, description: "Value."}
"""
COLUMNS: Mapping[str, ColumnType] = {
    "account_id": ColumnType.TEXT,
    "day": ColumnType.DATE,
    "other_day": ColumnType.DATE,
    "sku": ColumnType.TEXT,
    "units": ColumnType.INTEGER,
    "price": ColumnType.DECIMAL,
    "moment": ColumnType.TIMESTAMP,
}
FROM = "FROM {{ source('amazon_sp.things') }} AS t"


def mart_of(folder: Path, sql: str) -> MartSpec:
    (folder / "thing_day.sql").write_text(HEADER + sql + "\n")
    return load_mart("thing_day", folder)


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("DATE_TRUNC('week', t.day)", "TIMESTAMP_TRUNC does not mean the same"),
        ("t.day - t.other_day", "difference of two days"),
        ("t.units / t.units", "remainder of a quotient"),
        ("t.price / NULLIF(t.units, 0)", "more digits"),
        ("ROUND(t.price / t.units, 6)", "divisor may be 0"),
        ("CAST(t.sku AS numeric(18, 4))", "ignores the digits"),
        ("CAST(t.sku AS double precision)", "is not a type of both"),
        ("GREATEST(t.price, 0)", "GREATEST does not mean the same"),
        ("AVG(t.price) OVER ()", "AVG does not mean the same"),
        ("SUM(t.price) OVER (ORDER BY t.day)", "without a frame"),
        ("SUM(t.price) OVER (ORDER BY t.day RANGE UNBOUNDED PRECEDING)", "RANGE or GROUPS"),
        ("LAG(t.price) OVER (ORDER BY t.day NULLS LAST)", "sort nulls"),
        ("ROW_NUMBER() OVER (PARTITION BY t.sku)", "order of the window"),
        ("SPLIT_PART(t.sku, '-', 1)", "does not mean the same"),
        ("SUBSTRING(t.sku FROM '[0-9]+')", "does not mean the same"),
        ("made_up(t.sku)", "MADE_UP is not a function that both"),
        ("EXTRACT(isodow FROM t.day)", "EXTRACT of ISODOW"),
        ("CASE WHEN t.sku ~ 'a' THEN 1 END", "regular expressions"),
        ("CASE WHEN t.day < CURRENT_DATE THEN 1 END", "CURRENT_DATE does not"),
        ("t.day + INTERVAL '1 month'", "intervals of whole days"),
        ("t.moment AT TIME ZONE 'UTC'", "local time"),
        ("t.sku ->> 'x'", "arrays, JSON"),
        ("t.nothing", "nothing"),
        ("CONCAT(t.sku, 'x')", "CONCAT does not"),
    ],
)
def test_a_cell_that_the_databases_calculate_differently_is_refused(
    tmp_path: Path, value: str, cause: str
) -> None:
    mart = mart_of(tmp_path, f"SELECT t.account_id, t.day,\n       {value} AS value\n{FROM}")
    errors = check_mart(mart, lambda _: COLUMNS)
    assert any(cause in error.cause for error in errors), [error.cause for error in errors]
    for error in errors:
        assert error.remedy
        assert error.where.endswith(("thing_day.sql", "thing_day.sql:12"))


@pytest.mark.parametrize(
    ("sql", "cause"),
    [
        (f"SELECT * {FROM}", "takes columns"),
        (f"SELECT t.account_id, t.day {FROM}", "differ in value"),
        (f"SELECT DISTINCT ON (t.sku) t.account_id, t.day, t.price AS value {FROM}", "DISTINCT ON"),
        (f"SELECT t.account_id, t.day, t.price AS value {FROM} ORDER BY t.day", "have no order"),
        (f"SELECT t.account_id, t.day, t.price AS value {FROM} LIMIT 5", "depend on an order"),
        (
            f"SELECT t.account_id, t.day, t.price AS value {FROM} "
            f"UNION SELECT t.account_id, t.day, t.price AS value {FROM}",
            "UNION ALL",
        ),
        (
            "SELECT t.account_id, t.day, o.price AS value "
            f"{FROM} LEFT JOIN {{{{ source('amazon_sp.things') }}}} AS o ON o.day < t.day",
            "needs an equality",
        ),
        (
            f"SELECT t.account_id, t.day, t.price AS value {FROM} CROSS JOIN LATERAL (SELECT 1 AS one) AS l",
            "LATERAL",
        ),
        (
            "SELECT account_id, day, price AS value FROM {{ source('amazon_sp.things') }}",
            "no alias",
        ),
        (f"SELECT t.account_id t.day {FROM}", "cannot be parsed"),
    ],
)
def test_a_shape_that_bigquery_lacks_is_refused(tmp_path: Path, sql: str, cause: str) -> None:
    errors = check_mart(mart_of(tmp_path, sql), lambda _: COLUMNS)
    assert any(cause in error.cause for error in errors), [error.cause for error in errors]


def test_the_subset_is_enough_for_a_moving_average(tmp_path: Path) -> None:
    sql = f"""\
WITH daily AS (
    SELECT t.account_id, t.day, SUM(t.price) FILTER (WHERE t.units > 0) AS price, COUNT(*) AS rows_read
    {FROM}
    GROUP BY t.account_id, t.day
)
SELECT d.account_id,
       CAST(d.day - INTERVAL '1' DAY AS date) AS day,
       ROUND(SUM(d.price) OVER (PARTITION BY d.account_id ORDER BY d.day ROWS BETWEEN 6 PRECEDING
           AND CURRENT ROW) / NULLIF(CAST(d.rows_read AS numeric), 0), 6) AS value
FROM (SELECT * FROM daily) AS d"""
    assert check_mart(mart_of(tmp_path, sql), lambda _: COLUMNS) == []


def test_every_mart_keeps_to_the_subset() -> None:
    marts = {mart.name: mart for mart in load_marts()}
    declared = declared_columns()

    def columns_of(name: str) -> Mapping[str, ColumnType]:
        if "." in name:
            return declared(name)
        return {column: each.type for column, each in marts[name].columns.items()}

    assert marts
    errors = [error for mart in marts.values() for error in check_mart(mart, columns_of)]
    assert not errors, "\n".join(map(str, errors))
