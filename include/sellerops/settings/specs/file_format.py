"""How a report document is parsed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from sellerops.settings.specs.strict_model import StrictModel


class FileFormat(StrictModel):
    """How the document is parsed."""

    kind: Literal["tsv", "csv", "json", "jsonl", "xml", "xlsx"] = Field(
        description="`jsonl`: one JSON document per line, such as the pages of an operation. `xlsx`: an "
        "Excel workbook, always of `style: web`"
    )
    style: Literal["api", "web"] = Field(
        default="api",
        description="`web` (csv, tsv, xlsx): as web pages write files. The header is searched for in the "
        "first 20 lines; the lines above it become facts (`@brand`, `@currency`). Values have currency "
        "signs, percent signs, months in words and zone labels. The file may be a workbook or text with "
        "any delimiter, whatever `kind` says",
    )
    sheet: int | str = Field(
        default="*",
        description="workbooks: position of the sheet (from 1), or a pattern of names (`*Fee*`): all "
        "matching sheets are read; each must be empty or have the header. A column from `(sheet)` has its "
        "name",
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

    @model_validator(mode="before")
    @classmethod
    def _workbooks_are_of_the_web(cls, values: Any) -> Any:
        is_workbook = isinstance(values, dict) and values.get("kind") == "xlsx"
        return {**values, "style": "web"} if is_workbook else values

    @model_validator(mode="after")
    def _fits_together(self) -> FileFormat:
        if self.style == "web" and self.kind not in ("csv", "tsv", "xlsx"):
            raise ValueError("`style: web` needs `kind: csv`, `tsv` or `xlsx`")
        if self.style == "web" and self.headers == "position":
            raise ValueError("`style: web` finds its columns by name, not by `headers: position`")
        return self
