"""What counts as another definition of a mart."""

from __future__ import annotations

from sellerops.marts.registration import definition
from sellerops.marts.specs import load_mart


def test_who_may_see_a_column_builds_no_mart_anew() -> None:
    mart = load_mart("restock")
    columns = {name: each.model_copy(update={"cost": not each.cost}) for name, each in mart.columns.items()}
    assert definition(mart.model_copy(update={"columns": columns})) == definition(mart)
    units = {**mart.columns, "needed": mart.columns["needed"].model_copy(update={"unit": "cartons"})}
    assert definition(mart.model_copy(update={"columns": units})) != definition(mart)
