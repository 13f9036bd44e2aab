"""The results of the steps that collect a slice: plain values that go from triggerer to worker as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sellerops.base import errors
from sellerops.base.errors import GiveUpError, SellerOpsError
from sellerops.ledger import ReportRequest


class Outcome(StrEnum):
    """How a slice ended: with documents in the archive, without any because there is no data, or expired."""

    DOCUMENTS = "documents"
    EMPTY = "empty"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Done:
    """Nothing is left to fetch. ``request_ids``: the archived requests of the slice, for the load.

    ``evidence``: the requests for which Amazon reported no data. ``left_out``: the columns that the
    documents lack because the source refused them, each with the reason.
    """

    request_ids: tuple[int, ...]
    outcome: Outcome
    evidence: tuple[int, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WaitFor:
    """Wait for Amazon or for quota: defer to ``Collector.wait`` with these ``request_ids``."""

    request_ids: tuple[int, ...]
    reason: str


class WaitOutcome(StrEnum):
    """Why a wait ended: a worker has something to do, there is no data, or it failed."""

    READY = "ready"
    EMPTY = "empty"
    FAILED = "failed"


@dataclass(frozen=True)
class WaitResult:
    """How a wait ended. Pass ``request_ids`` to the next ``Collector.advance``; ``error``: why it FAILED."""

    outcome: WaitOutcome
    detail: str
    request_ids: tuple[int, ...] = ()
    error: SellerOpsError | None = field(default=None)

    def raise_if_failed(self) -> None:
        """Raise the typed error of a FAILED wait."""
        if self.error is not None:
            raise self.error

    def to_dict(self) -> dict[str, Any]:
        """Return the result as values for JSON, for a trigger's event."""
        return {
            "outcome": str(self.outcome),
            "detail": self.detail,
            "request_ids": list(self.request_ids),
            "error": _error_to_dict(self.error) if self.error else None,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> WaitResult:
        error = values.get("error")
        return cls(
            WaitOutcome(values["outcome"]),
            values["detail"],
            tuple(values["request_ids"]),
            _error_from_dict(error) if error else None,
        )


def stored_error(request: ReportRequest) -> SellerOpsError:
    """Rebuild the error with which a request ended from the ledger."""
    text = request.error or f"the request ended {request.status} without a reason."
    cause, _, remedy = text.partition(" Next: ")
    return _class(request.error_type)(
        cause, remedy=remedy, request_id=request.id, report_id=request.report_id
    )


def _error_to_dict(error: SellerOpsError) -> dict[str, Any]:
    details = {
        key: value for key, value in error.details.items() if isinstance(value, str | int | float | bool)
    }
    return {
        "type": type(error).__name__,
        "cause": error.cause,
        "where": error.where,
        "remedy": error.remedy,
        "details": details,
    }


def _error_from_dict(values: dict[str, Any]) -> SellerOpsError:
    return _class(values["type"])(
        values["cause"], where=values["where"], remedy=values["remedy"], **values["details"]
    )


def _class(name: str | None) -> type[SellerOpsError]:
    """The error class of that name; GiveUpError if this version does not know it."""
    found = getattr(errors, name or "", None)
    return found if isinstance(found, type) and issubclass(found, SellerOpsError) else GiveUpError
