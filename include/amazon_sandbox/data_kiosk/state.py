"""Queries by seller and application, and the lists of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.reports.state import DAY, Report, iso

FIRST_NUMBER = 10_000


@dataclass(slots=True)
class Query(Report):
    """One query; processed like a report, but it ends DONE even without data.

    `as_of`: the moment all pages of one result show.
    """

    family: str = "data_kiosk"
    without_data: str = "DONE"
    text: str = ""
    application: str = ""
    retention: timedelta = timedelta(days=30)
    as_of: float = 0.0
    next_token: str | None = None

    def as_dict(self) -> dict[str, object]:
        """The model's Query."""
        body: dict[str, object] = {
            "queryId": self.id,
            "query": self.text,
            "createdTime": iso(self.created),
            "processingStatus": self.status,
        }
        if self.processed and self.status != "IN_QUEUE":
            body["processingStartTime"] = iso(self.processing_from)
            if self.is_final:
                body["processingEndTime"] = iso(self.due_at)
        if self.document is not None and not self.hides_document:
            body["errorDocumentId" if self.status == "FATAL" else "dataDocumentId"] = self.document.id
        if self.next_token is not None and self.status == "DONE":
            body["pagination"] = {"nextToken": self.next_token}
        return body

    @property
    def is_final(self) -> bool:
        """Whether its status can no longer change."""
        return self.status in ("CANCELLED", "DONE", "FATAL")


class QueryStore(FamilyState):
    """All queries."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._number = FIRST_NUMBER
        self._queries: dict[str, Query] = {}

    def new_id(self, created: float) -> tuple[str, int]:
        """An id made of a running number and the day of creation, and the number alone."""
        self._number += 1
        return f"{self._number}{int(created // DAY):06d}", self._number

    def add(self, query: Query) -> None:
        """Keep a query."""
        self._queries[query.id] = query

    def get(self, query_id: str, seller_id: str, application: str, now: float) -> Query | None:
        """A query of this seller, made by this application and within its retention."""
        query = self._queries.get(query_id)
        return query if query and _is_known(query, seller_id, application, now) else None

    def newest_first(self, seller_id: str, application: str, now: float) -> Iterator[Query]:
        """All queries that this application may see, newest first."""
        kept = sorted(self._queries.values(), key=lambda query: (query.created, query.number), reverse=True)
        return (query for query in kept if _is_known(query, seller_id, application, now))

    def of_document(self, document_id: str) -> Query | None:
        """The query that a document belongs to."""
        for query in self._queries.values():
            if query.document is not None and query.document.id == document_id:
                return query
        return None

    def everything(self) -> Iterator[Query]:
        """All queries in order of creation."""
        return iter(self._queries.values())

    def reset(self) -> None:
        """Forget all; numbering continues."""
        for query in self._queries.values():
            if query.rendering is not None:
                query.rendering.cancel()
        self._queries.clear()


def _is_known(query: Query, seller_id: str, application: str, now: float) -> bool:
    is_own = (query.seller_id, query.application) == (seller_id, application)
    return is_own and now - query.created <= query.retention.total_seconds()
