"""The menu of faults, and those that are set: what goes wrong, where and how often.

The stage of a fault is the moment at which it is drawn:

- `request`: a call was received, before it counts against the quota and is handled;
- `answer`: a call was handled and took effect; its response goes wrong;
- `page`: a response is one page of a list;
- `report`: a report or a query was created; its processing goes wrong;
- `document`: a document is to be written; its content goes wrong;
- `label`: getReportDocument returns a document's URL and compression;
- `download`: a document is downloaded;
- `listing`: reports that Amazon creates itself appear;
- `columns`: the columns of an Ads report are checked;
- `notification`: subscribers are notified that a report or a query has ended;
- `inbound`: an inbound plan is created, read or moved on;
- `portal`: a page of the portal is opened, or a file of it is handed out.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple


class Stage(StrEnum):
    """When a fault is drawn."""

    REQUEST = "request"
    ANSWER = "answer"
    PAGE = "page"
    REPORT = "report"
    DOCUMENT = "document"
    LABEL = "label"
    DOWNLOAD = "download"
    LISTING = "listing"
    COLUMNS = "columns"
    NOTIFICATION = "notification"
    INBOUND = "inbound"
    PORTAL = "portal"


class FaultKind(NamedTuple):
    """An entry of the menu. `options`: name -> meaning; `operations`: empty means any."""

    name: str
    stage: Stage
    text: str
    options: Mapping[str, str] = {}
    operations: tuple[str, ...] = ()


class Subject(NamedTuple):
    """What a fault is matched against: a call or a report. ``day``: the first day that the report covers."""

    operation: str
    account: str | None = None
    seller_id: str | None = None
    report_type: str | None = None
    marketplace_ids: tuple[str, ...] = ()
    day: date | None = None


class InvalidFault(ValueError):
    """A fault that cannot be set; `remedy` explains what to use instead."""

    def __init__(self, message: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(message)


class FaultNotApplicable(ValueError):
    """A content fault that cannot be applied to this document, such as one about a column it lacks."""


@dataclass(slots=True)
class Fault:
    """A fault that is set.

    `times`: how often it still applies (None: until deleted); `after`: how many matches to skip first.
    """

    id: int
    kind: FaultKind
    operation: str | None = None
    report_type: str | None = None
    account: str | None = None
    seller_id: str | None = None
    marketplace_id: str | None = None
    day: date | None = None
    times: int | None = None
    after: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def matches(self, stage: Stage, subject: Subject) -> bool:
        """Whether it applies here."""
        return (
            self.kind.stage is stage
            and self.times != 0
            and self.operation in (None, subject.operation)
            and (not self.kind.operations or subject.operation in self.kind.operations)
            and self.report_type in (None, subject.report_type)
            and self.account in (None, subject.account)
            and self.seller_id in (None, subject.seller_id)
            and (self.marketplace_id is None or self.marketplace_id in subject.marketplace_ids)
            and self.day in (None, subject.day)
        )

    def count_match(self) -> bool:
        """Count a match; False while matches are to be skipped."""
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        self.hits += 1
        return True

    def as_dict(self) -> dict[str, object]:
        """The fault as JSON."""
        names = (
            "operation",
            "report_type",
            "account",
            "seller_id",
            "marketplace_id",
            "times",
            "after",
            "options",
            "hits",
        )
        return (
            {"id": self.id, "fault": self.kind.name, "stage": self.kind.stage}
            | {name: getattr(self, name) for name in names}
            | {"day": self.day.isoformat() if self.day else None}
        )


class FaultBook:
    """The faults that are set, out of a menu."""

    def __init__(
        self,
        menu: Iterable[FaultKind],
        operations: Iterable[str],
        stages: Mapping[Stage, tuple[str, ...]],
    ) -> None:
        self.menu = {kind.name: kind for kind in menu}
        self.operations = tuple(operations)
        self._stages = dict(stages)
        self._faults: dict[int, Fault] = {}
        self._next_id = 1

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, name: str, *, options: Mapping[str, Any] | None = None, **where: Any) -> Fault:
        """Set a fault. `where` says what it applies to and how often, by the names of Fault's fields.

        Raises InvalidFault for an unknown name, option or operation, or an operation the fault cannot affect.
        """
        kind = self._kind(name)
        self._check_operation(kind, where.get("operation"))
        unknown = set(options or ()) - set(kind.options)
        if unknown:
            known = ", ".join(kind.options) or "none"
            raise InvalidFault(
                f"fault {name!r} has no option {sorted(unknown)[0]!r}", f"Its options: {known}."
            )
        fault = Fault(self._next_id, kind, options=dict(options or {}), **where)
        self._next_id += 1
        self._faults[fault.id] = fault
        return fault

    def draw(self, stage: Stage, subject: Subject) -> Fault | None:
        """The first fault that applies here; drawing it counts as a match."""
        return next(iter(self._matching(stage, subject, (), first=True)), None)

    def draw_all(self, stage: Stage, subject: Subject, names: Collection[str] = ()) -> list[Fault]:
        """All faults that apply here, in the order they were set; drawing them counts as a match.

        `names`: draw only these; empty means all.
        """
        return self._matching(stage, subject, names, first=False)

    def listed(self) -> list[Fault]:
        """All faults that are set, used-up ones included."""
        return list(self._faults.values())

    def remove(self, fault_id: int) -> Fault | None:
        """Delete one."""
        return self._faults.pop(fault_id, None)

    def clear(self) -> None:
        """Delete all."""
        self._faults.clear()

    def _matching(
        self, stage: Stage, subject: Subject, names: Collection[str], *, first: bool
    ) -> list[Fault]:
        matching: list[Fault] = []
        for fault in self._faults.values():
            if names and fault.kind.name not in names:
                continue
            if fault.matches(stage, subject) and fault.count_match():
                matching.append(fault)
                if first:
                    break
        return matching

    def _kind(self, name: str) -> FaultKind:
        if name in self.menu:
            return self.menu[name]
        near = difflib.get_close_matches(name, self.menu, n=1)
        raise InvalidFault(
            f"unknown fault {name!r}",
            f"Did you mean {near[0]!r}?" if near else f"The menu: {', '.join(sorted(self.menu))}.",
        )

    def _check_operation(self, kind: FaultKind, operation: str | None) -> None:
        if operation is None:
            return
        if operation not in self.operations:
            raise InvalidFault(
                f"unknown operation {operation!r}", f"Operations: {', '.join(sorted(self.operations))}."
            )
        met = kind.operations or self._stages.get(kind.stage, ())
        if met and operation not in met:
            raise InvalidFault(
                f"fault {kind.name!r} cannot affect {operation}",
                f"Leave operation out or use {' or '.join(met)}.",
            )
