"""Returns files, with the faults of files applied."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from amazon_sandbox.portal import faults
from amazon_sandbox.portal.files import FileRequest, PortalFile, file_of
from amazon_sandbox.portal.routes import PortalCall
from amazon_sandbox.simulation import marketplaces


async def file_answer(
    call: PortalCall,
    kind: str,
    first_day: date | None,
    last_day: date | None,
    options: Mapping[str, str] | None = None,
    *,
    country: str | None = None,
    name: str = "",
    now: datetime | None = None,
) -> Response:
    """The file of a kind as an attachment.

    ``country``: the store whose file it is; the shown one by default, "" for a file of the whole account.
    ``name``: replaces the file's own; ``now``: when it was made, if not now. Raises what ``files.file_of``
    raises, above all NoData.
    """
    shown = call.session.country if country is None else country
    if wrong := call.fault(faults.WRONG_STORE, kind):
        shown = str(wrong.options.get("country") or _other_store(call))
    if (wrong := call.fault(faults.WRONG_DATES, kind)) and first_day and last_day:
        shift = timedelta(days=int(wrong.options.get("days", 7)))
        first_day, last_day = first_day - shift, last_day - shift
    wanted = FileRequest(
        simulation=call.sandbox.simulation,
        seller=call.seller,
        country=shown or None,
        first_day=first_day,
        last_day=last_day,
        language=call.language,
        now=now or call.now,
        options=dict(options or {}),
    )
    made = await asyncio.to_thread(file_of, kind, wanted)
    return attachment(call, made._replace(name=name or made.name), kind)


def attachment(call: PortalCall, made: PortalFile, kind: str) -> Response:
    """A file as an attachment; a fault may cut it, empty it or replace it with an error page."""
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(made.name)}"}
    if call.fault(faults.ERROR_PAGE, kind):
        return HTMLResponse(_ERROR, headers=headers)
    content = made.content
    if cut := call.fault(faults.TRUNCATED_FILE, kind):
        content = content[: int(len(content) * float(cut.options.get("share", 0.6)))]
    if call.fault(faults.EMPTY_FILE, kind):
        content = b""
    return Response(content, media_type=made.media_type, headers=headers)


def _other_store(call: PortalCall) -> str:
    countries = [marketplaces.by_id(each).country for each in call.seller.marketplace_ids]
    return next((each for each in countries if each != call.session.country), countries[0])


_ERROR = (
    "<!DOCTYPE html>\n<html><head><title>Sorry</title></head><body><h1>Something went wrong</h1>"
    "<p>We are sorry, an error has occurred. Please try again.</p></body></html>\n"
)
