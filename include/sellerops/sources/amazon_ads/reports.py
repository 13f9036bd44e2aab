"""Reports of the Reporting API v3: requested by columns, polled, downloaded as a gzip JSON list.

Facts: the official Postman collection in amzn/ads-advanced-tools-docs, and python-amazon-ad-api 1.2.9.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sellerops.base.errors import ConfigurationError, RequestRefused, UnexpectedAnswer
from sellerops.calendar.slices import Slice
from sellerops.ledger import ReportRequest
from sellerops.settings.specs import ReportSpec
from sellerops.sources.amazon_ads import profiles, refused_columns
from sellerops.sources.amazon_ads.client import AdsClient
from sellerops.sources.common.answers import text_field, time_field, unknown_status
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.report_api import Created, ProcessingStatus, Report, SimpleReportApi

PATH = "/reporting/reports"
DUPLICATE = 425
# The longest interval to which polling a report or an export slows down.
SLOWEST_POLL = timedelta(minutes=5)
# {"code": "425", "detail": "The Request is a duplicate of : <reportId>"}
_DUPLICATE_OF = re.compile(r"duplicate of\s*:?\s*([0-9A-Za-z-]{8,})", re.IGNORECASE)
_STATUSES = {
    "PENDING": ProcessingStatus.IN_QUEUE,
    "PROCESSING": ProcessingStatus.IN_PROGRESS,
    "COMPLETED": ProcessingStatus.DONE,
    "FAILED": ProcessingStatus.FATAL,
    # By a DELETE, which says nothing about the data: a report without data is an empty list.
    "CANCELLED": ProcessingStatus.FATAL,
}


@dataclass(frozen=True)
class AdsQuery:
    """A report to create; ``start``/``end`` are the window's instants, the days are the profile's."""

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
        """Always False: Amazon lists no reports, but answers a second create of the same report with 425."""
        return False


def query_of(spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> AdsQuery:
    """The report of one slice. ConfigurationError when the spec lacks an option or a window."""
    missing = [name for name in ("ad_product", "group_by") if not options.get(name)]
    if missing or not (slice_.first_day and slice_.last_day):
        raise ConfigurationError(
            f"an Amazon Ads report needs {' and '.join(missing) or 'a window of days'}.",
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
    """Amazon's names of all columns of the spec's tables, in order, each once; facts are not requested."""
    named = (
        table.header_of(name)
        for table in spec.tables.values()
        for name, column in table.columns.items()
        if not column.fact
    )
    return tuple(dict.fromkeys(named))


class ProfileApi(SimpleReportApi):
    """What all APIs of a profile share: a slice needs a profile, whose facts are stored with the document."""

    slowest_poll: timedelta | None = SLOWEST_POLL

    def check(self, client: AdsClient, slice_: Slice) -> None:
        """Raise NothingToCollect if the ledger knows that the slice's marketplace has no profile."""
        if slice_.marketplace:
            profiles.check_profile(client.ledger, client.account.id, slice_.marketplace.id)

    async def prepare(self, client: AdsClient, slice_: Slice) -> None:
        """The same check, after asking Amazon if the profiles have not been listed recently."""
        if slice_.marketplace:
            await client.profile(slice_.marketplace.id)

    async def list_recent(self, client: AdsClient, query: Any, since: datetime) -> AsyncIterator[Report]:
        """Nothing: Amazon Ads lists neither reports nor exports."""
        nothing: tuple[Report, ...] = ()
        for report in nothing:
            yield report

    def headers(self, client: AdsClient, request: ReportRequest) -> Mapping[str, Any]:
        """``facts`` of the request's profile; nothing unless the request is for exactly one marketplace."""
        if len(request.marketplace_ids) != 1:
            return {}
        facts = profiles.facts_of(client.ledger, client.account.id, request.marketplace_ids[0])
        return {"facts": facts} if facts else {}


class Reports(ProfileApi):
    """The Reporting API v3."""

    create_operation = "createAdsReport"
    status_operation = document_operation = "getAdsReport"

    def query(self, spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> AdsQuery:
        return query_of(spec, slice_, options)

    async def create(
        self, client: AdsClient, query: AdsQuery, request: ReportRequest, fence: Fence
    ) -> Created:
        """Create the report, or adopt the existing one (425): the answer to our own create may have been
        lost.
        """
        columns = await refused_columns.allowed_columns(client, query)
        try:
            created = Created(await create_report(client, query, columns, request.id, fence))
        except RequestRefused as error:
            existing = duplicate_of(error)
            if existing is None:
                error.details["columns"] = columns
                raise
            created = Created(existing, "adopted")
        await refused_columns.forget_accepted(client, query, columns)
        return created

    def can_repair(self, error: RequestRefused) -> bool:
        return refused_columns.may_be_about_columns(error)

    async def repair(
        self, client: AdsClient, query: AdsQuery, request: ReportRequest, error: RequestRefused
    ) -> bool:
        made: dict[str, tuple[str, ...]] = {}

        async def probe(columns: tuple[str, ...]) -> RequestRefused | None:
            """Create with these columns only; returns the refusal, if any."""
            await client.lease(self.create_operation)
            try:
                made[await create_report(client, query, columns, request.id)] = columns
            except RequestRefused as refusal:
                existing = duplicate_of(refusal)
                if existing is None:
                    return refusal
                made[existing] = columns
            return None

        is_found = await refused_columns.find_refused(client, query, error, probe)
        wanted = await refused_columns.allowed_columns(client, query)
        ours = await asyncio.to_thread(client.ledger.known_report_ids, client.account.id, made)
        for report_id, columns in made.items():
            # A probe that happens to be the wanted report is kept: the create then finds it as a duplicate.
            if columns != wanted and report_id not in ours:
                await cancel_report(client, query, report_id, request.id)
        return is_found

    async def get_report(self, client: AdsClient, request: ReportRequest) -> Report:
        return parse_report(await get_report(client, request))

    async def get_address(self, client: AdsClient, request: ReportRequest) -> DocumentAddress:
        return address_in(await get_report(client, request), "reportId", request)

    def headers(self, client: AdsClient, request: ReportRequest) -> Mapping[str, Any]:
        """The profile's facts, and the columns left out."""
        facts = super().headers(client, request)
        is_report = facts and "group_by" in request.options
        left_out = refused_columns.left_out(client.ledger, facts, request) if is_report else {}
        return {**facts, **({"left_out": left_out} if left_out else {})}


async def create_report(
    client: AdsClient,
    query: AdsQuery,
    columns: tuple[str, ...],
    request_id: int,
    fence: Fence | None = None,
) -> str:
    """Create a report and return its id. The caller holds the lease."""
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
    return text_field(answer, "reportId", "createAdsReport")


async def get_report(client: AdsClient, request: ReportRequest) -> Mapping[str, Any]:
    """The request's report as Amazon describes it. The caller holds the lease."""
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


async def cancel_report(client: AdsClient, query: AdsQuery, report_id: str, request_id: int) -> None:
    """Cancel an unwanted report. Amazon cancels only PENDING ones; any other is left alone."""
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
    """The id of the existing report that Amazon says is the same as the one requested; None for another
    refusal. UnexpectedAnswer when Amazon reports a duplicate without its id.
    """
    if error.details.get("status") != DUPLICATE:
        return None
    found = _DUPLICATE_OF.search(str(error.details.get("amazon_message") or ""))
    if found is None:
        raise UnexpectedAnswer(f"a duplicate, but Amazon names no report: {error.cause}", where=error.where)
    return found[1]


def parse_report(body: Mapping[str, Any]) -> Report:
    """A report in Amazon's answer. UnexpectedAnswer names the field that does not match the model."""
    return parse_status(body, "reportId", str(body.get("failureReason") or ""))


def parse_status(body: Mapping[str, Any], id_key: str, reason: str) -> Report:
    """A report or an export, which have the same statuses."""
    where = f"{id_key} {body.get(id_key, '?')}"
    named = str(body.get("status"))
    if named not in _STATUSES:
        raise unknown_status("status", named, where)
    created_at = time_field(body, "createdAt", where)
    if created_at is None:
        raise UnexpectedAnswer("Amazon's answer has no createdAt.", where=where)
    found = text_field(body, id_key, where)
    status = _STATUSES[named]
    return Report(
        report_id=found,
        report_type="",
        status=status,
        created_at=created_at,
        # The status comes with the address, so a report is its own document.
        document_id=found if status is ProcessingStatus.DONE else None,
        reason=(reason or f"it is {named}") if status is ProcessingStatus.FATAL else "",
    )


def address_in(body: Mapping[str, Any], id_key: str, request: ReportRequest) -> DocumentAddress:
    """The document's address, valid for an hour."""
    return DocumentAddress(
        document_id=str(request.document_id), url=text_field(body, "url", f"{id_key} {request.report_id}")
    )
