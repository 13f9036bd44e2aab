"""How a report is requested from Amazon."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from sellerops.settings.specs.durations import Duration
from sellerops.settings.specs.strict_model import StrictModel


class Split(StrictModel):
    """Splits the values of one report option over as many requests as needed."""

    option: str = Field(
        description="the report option that takes the values; `queried`: their placeholder in the query"
    )
    values: Literal["asins"] = Field(
        default="asins", description="the account's ASINs in the marketplace, from configuration or listings"
    )
    at_most: int = Field(ge=1, description="most values in one request")
    longest: int | None = Field(default=None, ge=1, description="most characters the option may have")
    separator: str = " "


class RequestRules(StrictModel):
    """How the report is requested, polled and reused."""

    how: Literal["created", "listed", "called", "queried", "downloaded", "dropped"] = Field(
        default="created",
        description="`created`: a report is requested. `listed`: Amazon creates reports on its own "
        "schedule; they are listed. `called`: the pages of an API operation. `queried`: a Data "
        "Kiosk query. `downloaded`: a file of a web page, with a browser. `dropped`: files that a person or "
        "another system puts into the drop folder",
    )
    page: str | None = Field(
        default=None, description="`downloaded`: name of the page object; `options` are its parameters"
    )
    login: str | None = Field(
        default=None, description="`downloaded`: the role of the login, as in config/logins.yaml"
    )
    files: str | None = Field(
        default=None,
        description="`dropped`: pattern of the file names in `<drop folder>/<account>/<report>/`, such as "
        "`*.xlsx`",
    )
    operation: str | None = Field(default=None, description="`called`: Amazon's name of the API operation")
    query: str | None = Field(
        default=None,
        description="`queried`: the GraphQL text; takes the placeholders of `options`, and as lists of "
        "strings `{marketplace_ids}` and the name of `split.option` in braces",
    )
    options: dict[str, str] = Field(
        default_factory=dict,
        description="reportOptions, or parameters of the operation; the slice's values replace "
        "`{first_day}`, `{last_day}`, `{window_start}`, `{window_end}` and `{marketplace_id}`; "
        "`{last_day+2d}` is two days after the last day",
    )
    split: Split | None = None
    restricted: bool = Field(
        default=False, description="the document needs a restricted data token (personal data)"
    )
    without_role: str = Field(
        default="", description="`restricted`: what is still loaded if the application lacks the role"
    )
    second_look: Duration = Field(
        default=timedelta(hours=1),
        description="how long after a CANCELLED report (and its cooldown) a second one is requested; only "
        "if it is CANCELLED too, the slice counts as empty. `0s`: the first one counts",
    )
    late_when: tuple[str, ...] = Field(
        default=(),
        description="phrases in the reason of a FATAL report that mean it is not published yet: late",
    )
    window_back: Duration = Field(
        default=timedelta(0),
        description="snapshots of types that require dates: how long before the snapshot dataStartTime is",
    )
    fresh_for: Duration = Field(
        default=timedelta(hours=6), description="reuse a document of the same window up to this age"
    )
    cooldown: Duration = Field(
        default=timedelta(0),
        description="shortest time between two requests for the same marketplaces, if "
        "longer than the type's in config/rate_limits.yaml",
    )
    first_poll: Duration = Field(
        default=timedelta(seconds=20), description="wait before the first status check"
    )
    poll_every: Duration = Field(default=timedelta(seconds=30), description="interval of later checks")
    give_up_after: Duration = Field(
        default=timedelta(hours=12), description="the request fails if it is not done by then"
    )

    @property
    def has_api(self) -> bool:
        """Whether an API serves the report; otherwise its files are downloaded from web pages or dropped."""
        return self.how not in ("downloaded", "dropped")
