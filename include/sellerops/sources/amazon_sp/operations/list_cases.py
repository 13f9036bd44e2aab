"""listCases (Support 2025-02-01), and listContacts for each changed case.

The list has no filter for the last update, so the cases created within ``created_within_days`` are listed,
and the contacts of those updated in the window are read. Names and types are from the models of Amazon's SDK
(amzn-sp-api); the required role and the rates are not published.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sellerops.base.errors import ConfigurationError, UnexpectedAnswer
from sellerops.sources.common.operations import Calls, OperationInput, Page, window_of
from sellerops.sources.common.paging import read_pages
from sellerops.sources.common.placeholders import iso

_PATH = "/support/2025-02-01/cases"
# The largest pages the model allows.
_MOST_RESULTS = 50
_REACH = "created_within_days"


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """The cases (pages ``list``), then the contacts of each case updated in the slice's window (pages
    ``contacts``), without the links to attachments, which are secrets and expire within minutes.
    """
    start, end = window_of(wanted.slice_, "listCases")
    body = {
        # Only for the authorisation: the list has the cases of all marketplaces.
        "marketplaceId": wanted.slice_.marketplace_ids[0],
        "caseFilters": {"createdDate": {"after": iso(start - _reach(wanted.options))}},
        "sortField": "CREATION_DATE",
        "sortOrder": "ASC",
        "maxResults": _MOST_RESULTS,
    }
    updated: dict[str, str] = {}
    async for page in read_pages(
        calls, "listCases", _PATH, body, list_at="cases", token_at="nextToken", name="list", is_post=True
    ):
        updated |= {case["caseId"]: str(case.get("lastUpdatedDate")) for case in page.answer["cases"]}
        yield page
    for case_id, last_updated in updated.items():
        if start <= _time(last_updated) < end:
            async for page in _contacts(calls, case_id, last_updated):
                yield page


async def _contacts(calls: Calls, case_id: str, last_updated: str) -> AsyncIterator[Page]:
    """The contacts of a case. A contact does not name its case, so the stored request does."""
    query = {"maxResults": _MOST_RESULTS, "sortOrder": "ASC"}
    path = f"{_PATH}/{quote(case_id, safe='')}/contacts"
    async for page in read_pages(
        calls, "listContacts", path, query, list_at="contacts", token_at="nextToken", name="contacts"
    ):
        request = {**page.request, "caseId": case_id, "lastUpdatedDate": last_updated}
        yield Page(request, without_links(page.answer), page.name)


def without_links(value: Any) -> Any:
    """An answer without the ``downloadUrl`` of attachments."""
    if isinstance(value, Mapping):
        return {name: without_links(each) for name, each in value.items() if name != "downloadUrl"}
    return [without_links(each) for each in value] if isinstance(value, list) else value


def _reach(options: Mapping[str, str]) -> timedelta:
    text = options.get(_REACH, "")
    if not text.isdigit():
        raise ConfigurationError(
            f"{text!r} is not a number of days.",
            where=f"key `request.options.{_REACH}`",
            remedy='Write one in quotes, such as "365".',
        )
    return timedelta(days=int(text))


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise UnexpectedAnswer(
            "listCases answered without the time of a case's last update.", where=_PATH
        ) from error
