"""How a report document is parsed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sellerops.settings.specs.strict_model import StrictModel


class FileFormat(StrictModel):
    """How the document is parsed."""

    kind: Literal["tsv", "csv", "json", "jsonl", "xml", "xlsx"] = Field(
        description="`jsonl`: one JSON document per line, such as the pages of an operation"
    )
    nothing: tuple[str, ...] = Field(
        default=(),
        description="further words for a missing value in typed columns, besides `none`, `N/A`, `--` and "
        "the like",
    )
    headers: Literal["name", "position"] = Field(
        default="name",
        description="`position`: Amazon translates the headers but keeps their order; `columns` has the "
        "same order",
    )
    naming: Literal["plain", "camel"] = Field(
        default="plain",
        description="`camel`: a column without `from` is read from its name in camelCase (`campaign_id` from "
        "`campaignId`)",
    )
    charset: str | None = Field(
        default=None, description="needed only if the download names none and the marketplace's is wrong"
    )
    decimal: Literal["point", "local"] = Field(
        default="point", description="`local`: comma or point, as the marketplace writes numbers"
    )
    timestamps: tuple[str, ...] = Field(
        default=("iso",),
        description="`iso`, `local` (day, month and year in the marketplace's order, as in 3/1/26) or "
        "strptime patterns, tried in order; values without a time zone are UTC",
    )
