"""What the control calls share: validation and errors."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.simulation import Seller

Body = TypeVar("Body", bound=BaseModel)


class ControlError(Exception):
    """A control call that was refused, with what to do instead."""

    def __init__(self, message: str, remedy: str, status: int = 400) -> None:
        self.message = message
        self.remedy = remedy
        self.status = status
        super().__init__(message)


async def read_body(request: Request, model: type[Body]) -> Body:
    """The body of a call, validated. Raises ControlError (400)."""
    raw = await request.body()
    try:
        return model.model_validate(json.loads(raw) if raw else {})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise ControlError(f"{field}: {first['msg']}", f"Fields: {', '.join(model.model_fields)}.") from error
    except ValueError as error:
        raise ControlError(f"the body is not JSON: {error}", "Send a JSON object.") from error


def find_seller(sandbox: Sandbox, name: str, value: str) -> Seller:
    """The seller whose field `name` has this value. Raises ControlError (404) with the known values."""
    for seller in sandbox.simulation.sellers:
        if getattr(seller, name) == value:
            return seller
    known = ", ".join(str(getattr(seller, name)) for seller in sandbox.simulation.sellers)
    raise ControlError(f"{name}: unknown value {value!r}", f"Use one of: {known}.", 404)


def require(value: str | None, name: str) -> str:
    """The value of a required parameter. Raises ControlError (400) without one."""
    if not value:
        raise ControlError(f"parameter {name} is missing", "Required: account, marketplace_id, date.")
    return value


def read_integer(text: str, name: str) -> int:
    """A whole number that is not negative. Raises ControlError (400)."""
    if not text.isdecimal():
        raise ControlError(f"{name}: {text!r} is not a whole number", "Use digits only.")
    return int(text)
