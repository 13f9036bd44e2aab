"""Costs and what is computed from them, which owners may hide from partners.

A column is marked where it is declared: ``cm2: Annotated[Decimal | None, COST]``, and a
column of a mart in the mart's header: ``cm2: {type: decimal, cost: true, ...}``.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, Field

_KEY = "x-cost"
# Marks a column, also for readers of the OpenAPI document.
COST: Any = Field(json_schema_extra={_KEY: True})
_Model = TypeVar("_Model", bound=BaseModel)


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
