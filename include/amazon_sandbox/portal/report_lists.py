"""The files that were requested on the portal's pages, before and after they are ready."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.portal import faults
from amazon_sandbox.portal.files import FileRequest, NoData, file_of
from amazon_sandbox.portal.routes import PortalCall
from amazon_sandbox.simulation.streams import number

# For how long the same file is not prepared again; others measured it for inventory reports.
REGENERATES_S = 30 * 60
SHOWN_ROWS = 25
_SHORTEST_S, _LONGEST_S = 60, 300
_HOUR = 3600.0

Days = tuple[date, date] | None


class TooEarly(Exception):
    """The page opens a dialog instead of accepting the request; it accepts it in ``minutes``."""

    def __init__(self, seconds: float) -> None:
        self.minutes = max(1, -int(-seconds // 60))
        super().__init__(f"{self.minutes} minutes too early")


@dataclass(slots=True)
class ListedFile:
    """One row. ``kind``: of the file; ``country``: "" for a file of the whole account; ``days``: None for a
    snapshot; times are virtual UTC epoch seconds.

    ``ending``: ``ready``, ``no_data``, ``canceled`` or ``failed``; "" until the list is read after it is due.
    ``downloads``: how often its file was handed out.
    """

    report_id: str
    kind: str
    account: str
    country: str
    days: Days
    requested_at: float
    due_at: float
    is_month: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    ending: str = ""
    downloads: int = 0

    def as_dict(self) -> dict[str, object]:
        """What was requested, as ``/_sandbox/portal`` shows it."""
        first, last = (day.isoformat() for day in self.days) if self.days else (None, None)
        return {
            "report_id": self.report_id,
            "kind": self.kind,
            "account": self.account,
            "country": self.country,
            "first_day": first,
            "last_day": last,
            "requested_at": self.requested.isoformat(),
            "ending": self.ending,
            "downloads": self.downloads,
        }

    def status(self, now: float) -> str:
        """``in_progress`` until it is due, then its ending."""
        return "in_progress" if now < self.due_at else self.ending

    @property
    def requested(self) -> datetime:
        """When it was requested, aware, UTC."""
        return datetime.fromtimestamp(self.requested_at, UTC)

    @property
    def made(self) -> datetime:
        """When its file was made, aware, UTC: the file stays as it was then."""
        return datetime.fromtimestamp(self.due_at, UTC)


class ReportLists(FamilyState):
    """All rows, newest first, by account and kind of file."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._rows: dict[tuple[str, str], list[ListedFile]] = {}
        self._seen: set[tuple[str, str, str]] = set()
        self._count = 0

    def request(
        self,
        call: PortalCall,
        kind: str,
        days: Days,
        *,
        is_month: bool = False,
        options: Mapping[str, str] | None = None,
    ) -> ListedFile:
        """Prepare a file for the shown store. Raises TooEarly."""
        now = self._sandbox.clock.now()
        if call.fault(faults.TOO_EARLY, kind):
            raise TooEarly(REGENERATES_S)
        account, country = _shown(call, kind)
        rows = self._of(call, kind)
        for row in rows:
            is_same = (row.country, row.days, row.options) == (country, days, dict(options or {}))
            free_at = row.requested_at + REGENERATES_S
            if is_same and row.ending not in ("failed", "canceled") and now < free_at:
                raise TooEarly(free_at - now)
        self._count += 1
        report_id = self._id(kind)
        row = ListedFile(report_id, kind, account, country, days, now, now + self._seconds(kind), is_month)
        row.options = dict(options or {})
        if slow := call.fault(faults.SLOW_FILE, kind):
            row.due_at += float(slow.options.get("seconds", _HOUR))
        if failed := call.fault(faults.FAILED_FILE, kind):
            row.ending = str(failed.options.get("status", "Failed")).lower()
        elif call.fault(faults.NO_DATA, kind):
            row.ending = "no_data"
        rows.insert(0, row)
        return row

    async def listed(self, call: PortalCall, kind: str, *, all_stores: bool = False) -> list[ListedFile]:
        """The rows of a kind, newest first; ``all_stores``: those of the account's other stores too."""
        _, country = _shown(call, kind)
        rows = [row for row in self._of(call, kind) if all_stores or row.country == country]
        found = sorted(rows, key=lambda row: -row.requested_at)[:SHOWN_ROWS]
        for row in found:
            await self._settle(call, row)
        return found

    def ready(self, call: PortalCall, report_id: str) -> ListedFile | None:
        """A row of the shown account whose file is to be handed out now; None for an unknown or unready one.
        Counts the download.
        """
        account = call.session.account
        every = (row for (owner, _), rows in self._rows.items() if owner == account for row in rows)
        row = next((row for row in every if row.report_id == report_id), None)
        if row is None or row.status(self._sandbox.clock.now()) != "ready":
            return None
        row.downloads += 1
        return row

    def requested(self) -> list[ListedFile]:
        """What was requested here, oldest first, without the rows that were there before."""
        every = [row for rows in self._rows.values() for row in rows if not row.report_id.startswith("old")]
        return sorted(every, key=lambda row: row.requested_at)

    def reset(self) -> None:
        """Forget all rows."""
        self._rows.clear()
        self._seen.clear()

    def _of(self, call: PortalCall, kind: str) -> list[ListedFile]:
        """The rows of the shown account; a store that is shown for the first time gets older ones."""
        account, country = _shown(call, kind)
        rows = self._rows.setdefault((account, kind), [])
        if (account, country, kind) not in self._seen:
            self._seen.add((account, country, kind))
            rows.extend(self._of_yesterday(call, kind))
        return rows

    async def _settle(self, call: PortalCall, row: ListedFile) -> None:
        """Once a file is due, find out whether there is data in it."""
        if row.ending or self._sandbox.clock.now() < row.due_at:
            return
        wanted = FileRequest(
            simulation=call.sandbox.simulation,
            seller=call.seller,
            country=row.country or None,
            first_day=row.days[0] if row.days else None,
            last_day=row.days[1] if row.days else None,
            language=call.language,
            now=row.made,
            options=row.options,
        )
        try:
            await asyncio.to_thread(file_of, row.kind, wanted)
        except NoData:
            row.ending = "no_data"
        else:
            row.ending = "ready"

    def _of_yesterday(self, call: PortalCall, kind: str) -> list[ListedFile]:
        """Two rows that people requested before, for other days or an old snapshot: one ready, one failed."""
        account, country = _shown(call, kind)
        now = self._sandbox.clock.now()
        today = call.now.date()
        rows = []
        for place, (hours, length, ending) in enumerate(((26.0, 30, "ready"), (51.0, 7, "failed"))):
            days = None
            if not kind.endswith(("INVENTORY", "HEALTH", "LISTINGS")):
                last = today - timedelta(days=place + 4)
                days = (last - timedelta(days=length), last)
            at = now - hours * _HOUR
            old_id = f"old-{number(self._sandbox.simulation.seed, account, country, kind, place) % 10**11}"
            rows.append(ListedFile(old_id, kind, account, country, days, at, at + _SHORTEST_S, ending=ending))
        return rows

    def _id(self, kind: str) -> str:
        drawn = number(self._sandbox.simulation.seed, kind, self._count, "portal report")
        if kind.startswith("payments"):
            return str(uuid.UUID(int=drawn << 64 | drawn, version=4))
        return str(5 * 10**10 + drawn % 10**10)

    def _seconds(self, kind: str) -> float:
        """How long preparing takes: one to five minutes."""
        drawn = number(self._sandbox.simulation.seed, kind, self._count, "portal seconds")
        return _SHORTEST_S + drawn % (_LONGEST_S - _SHORTEST_S)


def _shown(call: PortalCall, kind: str) -> tuple[str, str]:
    """Account and store; AWD's files are those of the whole account, whichever store is shown."""
    assert call.session.account is not None and call.session.country is not None
    return call.session.account, "" if kind.startswith("awd") else call.session.country
