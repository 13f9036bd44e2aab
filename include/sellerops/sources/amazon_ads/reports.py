"""Reports of the Reporting API v3: asked for by columns, waited for, fetched as a gzip JSON list.

Facts: the official Postman collection in amzn/ads-advanced-tools-docs, and python-amazon-ad-api 1.2.9.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sellerops.base.errors import ConfigurationError, RequestRefused, UnexpectedAnswer
from sellerops.calendar.slices import Slice
from sellerops.ledger import ReportRequest
from sellerops.settings.specs import ReportSpec
from sellerops.sources.amazon_ads import profiles, refused_columns
from sellerops.sources.amazon_ads.client import AdsClient
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.report_api import Created, Listing, ProcessingStatus, Report

PATH = "/reporting/reports"
DUPLICATE = 425
# {"code": "425", "detail": "The Request is a duplicate of : <reportId>"}
_DUPLICATE_OF = re.compile(r"duplicate of\s*:?\s*([0-9A-Za-z-]{8,})", re.IGNORECASE)
_STATUSES = {
    "PENDING": ProcessingStatus.IN_QUEUE,
    "PROCESSING": ProcessingStatus.IN_PROGRESS,
    "COMPLETED": ProcessingStatus.DONE,
    "FAILED": ProcessingStatus.FATAL,
    # By a DELETE, which says nothing of its data: no data is an empty list.
    "CANCELLED": ProcessingStatus.FATAL,
}


@dataclass(frozen=True)
class AdsQuery:
    """What a report is asked for; ``start``/``end`` are the window's instants, the days the profile's."""

    report_type: str
    marketplace_ids: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    options: Mapping[str, str]
    first_day: str
    last_day: str
    columns: tuple[str, ...]

    def body(self, columns: tuple[str, ...] | None = None) -> dict[str, Any]:
        """The AsyncReportRequest, with all columns or the given ones."""
        return {
            "name": f"sellerops {self.report_type} {self.first_day}..{self.last_day}",
            "startDate": self.first_day,
            "endDate": self.last_day,
            "configuration": {
                "adProduct": self.options["ad_product"],
                "groupBy": self.options["group_by"].split(","),
                "columns": list(self.columns if columns is None else columns),
                "reportTypeId": self.report_type,
                "timeUnit": self.options.get("time_unit", "DAILY"),
                "format": "GZIP_JSON",
            },
        }

    def answers(self, report: Report) -> bool:
        """Amazon lists no reports; what was asked for twice it tells by itself (425)."""
        return False


def query_of(spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> AdsQuery:
    """The report of one slice. ConfigurationError when the spec does not say enough."""
    missing = [name for name in ("ad_product", "group_by") if not options.get(name)]
    if missing or not (slice_.first_day and slice_.last_day):
        raise ConfigurationError(
            f"a report of Amazon Ads needs {' and '.join(missing) or 'a window of days'}.",
            where=f"{spec.path or spec.name}, key `{'request.options' if missing else 'period'}`",
        )
    return AdsQuery(
        spec.report_type,
        slice_.marketplace_ids,
        slice_.start,
        slice_.end,
        options,
        slice_.first_day,
        slice_.last_day,
        columns_of(spec),
    )


def columns_of(spec: ReportSpec) -> tuple[str, ...]:
    """Amazon's names of all columns of the spec's tables, in their order, each once; facts are not asked."""
    named = (
        table.header_of(name)
        for table in spec.tables.values()
        for name, column in table.columns.items()
        if not column.fact
    )
    return tuple(dict.fromkeys(named))


class Reports:
    """The Reporting API v3."""

    create, status, document = "createAdsReport", "getAdsReport", "getAdsReport"
    finished = ""
    slowest_poll: timedelta | None = timedelta(minutes=5)
    listing: Listing[Any] | None = None

    def query(self, spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> AdsQuery:
        return query_of(spec, slice_, options)

    def check(self, client: AdsClient, slice_: Slice) -> None:
        check_profile(client, slice_)

    async def prepare(self, client: AdsClient, slice_: Slice) -> None:
        await require_profile(client, slice_)

    async def ask(self, client: AdsClient, query: AdsQuery, request: ReportRequest, fence: Fence) -> Created:
        """A report that is there already (425) is taken: the answer to our create may have been lost."""
        columns = await refused_columns.allowed(client, query)
        try:
            made = Created(await create(client, query, columns, request.id, fence))
        except RequestRefused as error:
            there = duplicate_of(error)
            if there is None:
                error.details["columns"] = columns
                raise
            made = Created(there, "adopted")
        await refused_columns.taken(client, query, columns)
        return made

    def can_mend(self, error: RequestRefused) -> bool:
        return refused_columns.may_be_about_columns(error)

    async def mended(
        self, client: AdsClient, query: AdsQuery, request: ReportRequest, error: RequestRefused
    ) -> bool:
        made: dict[str, tuple[str, ...]] = {}

        async def probe(columns: tuple[str, ...]) -> RequestRefused | None:
            """Ask for these columns only. The refusal, if any."""
            await client.lease(self.create)
            try:
                made[await create(client, query, columns, request.id)] = columns
            except RequestRefused as refusal:
                there = duplicate_of(refusal)
                if there is None:
                    return refusal
                made[there] = columns
            return None

        is_found = await refused_columns.find(client, query, error, probe)
        wanted = await refused_columns.allowed(client, query)
        ours = await asyncio.to_thread(client.ledger.known_report_ids, client.account.id, made)
        for report_id, columns in made.items():
            # One that happens to be the report itself is told as a duplicate, and so used.
            if columns != wanted and report_id not in ours:
                await cancel(client, query, report_id, request.id)
        return is_found

    async def look(self, client: AdsClient, request: ReportRequest) -> Report:
        return parse_report(await get(client, request))

    async def recent(self, client: AdsClient, query: AdsQuery, since: datetime) -> AsyncIterator[Report]:
        """Nothing: a second create of the same report is answered with the first one's id (425)."""
        nothing: tuple[Report, ...] = ()
        for report in nothing:
            yield report

    async def address(self, client: AdsClient, request: ReportRequest) -> DocumentAddress:
        return address_in(await get(client, request), "reportId", request)

    def headers(self, client: AdsClient, request: ReportRequest) -> Mapping[str, Any]:
        facts = facts_of(client, request)
        is_report = facts and "group_by" in request.options
        left_out = refused_columns.left_out(client.ledger, facts, request) if is_report else {}
        return {**facts, **({"left_out": left_out} if left_out else {})}


async def create(
    client: AdsClient,
    query: AdsQuery,
    columns: tuple[str, ...],
    request_id: int,
    fence: Fence | None = None,
) -> str:
    """Ask, with the lease held; the report's id."""
    answer = await client.call(
        "createAdsReport",
        "POST",
        PATH,
        body=query.body(columns),
        leased=True,
        report_type=query.report_type,
        request_id=request_id,
        marketplace_ids=query.marketplace_ids,
        fence=fence,
    )
    return text(answer, "reportId", "createAdsReport")


async def get(client: AdsClient, request: ReportRequest) -> Mapping[str, Any]:
    """How the request's report stands, with the lease held."""
    return await client.call(
        "getAdsReport",
        "GET",
        f"{PATH}/{request.report_id}",
        leased=True,
        report_type=request.report_type,
        report_id=request.report_id,
        request_id=request.id,
        marketplace_ids=request.marketplace_ids,
    )


async def cancel(client: AdsClient, query: AdsQuery, report_id: str, request_id: int) -> None:
    """A report nobody wants. Amazon cancels only what is PENDING; another one is left to itself."""
    try:
        await client.call(
            "deleteAdsReport",
            "DELETE",
            f"{PATH}/{report_id}",
            report_id=report_id,
            request_id=request_id,
            marketplace_ids=query.marketplace_ids,
        )
    except RequestRefused:
        return


def duplicate_of(error: RequestRefused) -> str | None:
    """The report that Amazon says is the same as the one asked for."""
    if error.details.get("status") != DUPLICATE:
        return None
    found = _DUPLICATE_OF.search(str(error.details.get("told") or ""))
    if found is None:
        raise UnexpectedAnswer(f"a duplicate, but of no report: {error.cause}", where=error.where)
    return found[1]


def check_profile(client: AdsClient, slice_: Slice) -> None:
    """NothingToCollect when the ledger knows that there is no profile in the slice's shop."""
    if slice_.marketplace:
        profiles.check_profile(client.ledger, client.account.id, slice_.marketplace.id)


async def require_profile(client: AdsClient, slice_: Slice) -> None:
    """The same once Amazon was asked, if nobody asked lately."""
    if slice_.marketplace:
        await client.profile(slice_.marketplace.id)


def facts_of(client: AdsClient, request: ReportRequest) -> Mapping[str, Any]:
    """``facts`` of the request's profile; nothing for a request that is for no single shop."""
    if len(request.marketplace_ids) != 1:
        return {}
    facts = profiles.facts_of(client.ledger, client.account.id, request.marketplace_ids[0])
    return {"facts": facts} if facts else {}


def parse_report(body: Mapping[str, Any]) -> Report:
    """A report as it is told. UnexpectedAnswer names what does not fit."""
    return parse_status(body, "reportId", str(body.get("failureReason") or ""))


def parse_status(body: Mapping[str, Any], id_key: str, reason: str) -> Report:
    """A report or an export: their statuses are the same."""
    where = f"{id_key} {body.get(id_key, '?')}"
    told = str(body.get("status"))
    if told not in _STATUSES:
        raise UnexpectedAnswer(
            f"Amazon Ads tells the unknown status {told!r}.",
            where=where,
            remedy="Nothing is lost: clear the task to look again; if it stays, report it.",
        )
    created = body.get("createdAt")
    try:
        created_at = datetime.fromisoformat(str(created))
    except ValueError:
        raise UnexpectedAnswer(f"createdAt {created!r} is no time.", where=where) from None
    found = text(body, id_key, where)
    status = _STATUSES[told]
    return Report(
        report_id=found,
        report_type="",
        status=status,
        created_at=created_at if created_at.tzinfo else created_at.replace(tzinfo=UTC),
        # The address is told with the status, so a report is its own document.
        document_id=found if status is ProcessingStatus.DONE else None,
        reason=(reason or f"it is {told}") if status is ProcessingStatus.FATAL else "",
    )


def address_in(body: Mapping[str, Any], id_key: str, request: ReportRequest) -> DocumentAddress:
    """Where the document is for an hour."""
    return DocumentAddress(
        document_id=str(request.document_id), url=text(body, "url", f"{id_key} {request.report_id}")
    )


def text(body: Mapping[str, Any], key: str, where: str) -> str:
    """A text that must be there. UnexpectedAnswer."""
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise UnexpectedAnswer(f"Amazon's answer has no {key}.", where=where)
    return value
