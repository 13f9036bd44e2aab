"""The queues in which a report's tasks run."""

from __future__ import annotations

from pydantic import Field, field_validator

from sellerops.settings.queues import DEFAULT, LOADS, check_queue
from sellerops.settings.specs.strict_model import StrictModel


class ReportQueues(StrictModel):
    """The queues of a report's tasks. Planning runs in ``default``."""

    fetch: str = Field(
        default=DEFAULT,
        description="its workers fetch; files of web pages are fetched in the queue of the login instead",
    )
    load: str = Field(default=LOADS, description="its workers load")

    _check = field_validator("fetch", "load")(check_queue)
