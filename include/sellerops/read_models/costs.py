"""Costs and what is computed from them, which owners may hide from partners.

A column is marked where it is declared: ``cm2: Annotated[Decimal | None, COST]``.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, Field

_KEY = "x-cost"
# Marks a column; also tells readers of the OpenAPI document.
COST: Any = Field(json_schema_extra={_KEY: True})
# Columns of marts, and parts of names derived from them.
_NAMES = re.compile(
    r"(^|_)(cogs|cm1|cm2|profit|margin|cost|costs|landed|manufacturing|freight|duty|break_even|roi)(_|$)"
)
# Counts, states, sales, and lines of Amazon's alone say nothing about what goods cost.
_NO_COSTS = re.compile(
    r"(^units_|^other_|^has_|_only$|_without_cogs$|_sales$|_status$|_days$|_currency$|_per_click$)"
)
_Model = TypeVar("_Model", bound=BaseModel)


def is_cost(column: str) -> bool:
    """Whether a column of a mart is a cost or computed from one, by its name."""
    return bool(_NAMES.search(column)) and not _NO_COSTS.search(column)


def cost_columns(model: type[BaseModel]) -> list[str]:
    """The marked columns of a model, in its order."""
    return [name for name, field in model.model_fields.items() if _is_marked(field.json_schema_extra)]


def without_costs(value: Any) -> Any:
    """The same value with every marked column empty, at any depth of models and lists."""
    if isinstance(value, BaseModel):
        return _hidden(value)
    if isinstance(value, list | tuple):
        return type(value)(without_costs(each) for each in value)
    if isinstance(value, dict):
        return {key: without_costs(each) for key, each in value.items()}
    return value


def _hidden(model: _Model) -> _Model:
    marked = set(cost_columns(type(model)))
    changed = {
        name: None if name in marked else without_costs(getattr(model, name))
        for name in type(model).model_fields
        if name in marked or isinstance(getattr(model, name), BaseModel | list | tuple | dict)
    }
    return model.model_copy(update=changed)


def _is_marked(extra: Any) -> bool:
    return isinstance(extra, dict) and bool(extra.get(_KEY))
