"""The types of values in ``config/inbound.yaml``."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from sellerops.settings.specs.report import TIME_OF_DAY


def _text(value: Any) -> Any:
    """Refuse what YAML does not read as text: 75201 is a number to it, and NO a boolean."""
    if isinstance(value, bool | int | float):
        raise ValueError(f"YAML reads this as {value!r} and not as text; write it in quotes")
    return value.strip() if isinstance(value, str) else value


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _time_of_day(value: object) -> object:
    if not (isinstance(value, str) and TIME_OF_DAY.fullmatch(value)):
        raise ValueError(f'{value!r} is not a time of day; write it in quotes, such as "06:30"')
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {value!r}; use an IANA name such as Europe/Berlin") from error
    return value


Text = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
Names = Annotated[tuple[Text, ...], BeforeValidator(_one_or_more)]
Country = Annotated[Text, Field(pattern="^[A-Z]{2}$")]
Timezone = Annotated[Text, AfterValidator(_zone)]
TimeOfDay = Annotated[str, BeforeValidator(_time_of_day)]
Positive = Annotated[Decimal, Field(gt=0)]
Days = Annotated[int, Field(gt=0, le=3650)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
