"""Ads reports and exports, by profile. Instants are virtual UTC epoch seconds."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from amazon_sandbox.ads import data
from amazon_sandbox.ads.report_types import report_types
from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.reports.state import Report

EXPORTS = ("campaigns", "adGroups", "targets", "ads")


def iso_milli(seconds: float) -> str:
    """An instant as the Ads API writes it: 2026-11-20T07:46:29.123Z."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def known_ads_types() -> tuple[str, ...]:
    """What faults may name as report_type: reportTypeIds, and exports.<kind>."""
    return (*report_types(), *(f"exports.{kind}" for kind in EXPORTS))


@dataclass(slots=True)
class AdsReport(Report):
    """A report or an export of a profile; processed like an SP-API report, with other names of statuses.

    `request_body`: as it was sent; `same`: the key that identical requests share; `failed_for`: the reason if
    it fails.
    """

    family: str = "ads"
    without_data: str = "FATAL"
    profile_id: int = 0
    request_body: dict[str, Any] = field(default_factory=dict)
    same: str = ""
    failed_for: str = "Report generation failed due to an internal error. Please try again."

    @property
    def ads_status(self) -> str:
        """The status as the Ads API names it; an unknown one is left unchanged."""
        return data.STATUSES.get(self.status, self.status)

    @property
    def file_size(self) -> int | None:
        """Size of the compressed file in bytes."""
        rendered = self.document.rendered if self.document else None
        if rendered is None or not os.path.exists(rendered.path):
            return None
        return os.path.getsize(rendered.path)

    def as_report(self, url: str | None, url_expires: float | None) -> dict[str, Any]:
        """The answer of the reporting operations."""
        is_done = self.ads_status == "COMPLETED" and self.document is not None
        return {
            "reportId": self.id,
            "status": self.ads_status,
            "name": self.request_body.get("name"),
            "startDate": self.request_body.get("startDate"),
            "endDate": self.request_body.get("endDate"),
            "configuration": self.request_body.get("configuration"),
            "createdAt": iso_milli(self.created),
            "updatedAt": iso_milli(self._updated()),
            "generatedAt": iso_milli(self.due_at) if is_done else None,
            "url": url,
            "urlExpiresAt": None if url_expires is None else iso_milli(url_expires),
            "fileSize": self.file_size if is_done else None,
            "failureReason": self.failed_for if self.ads_status == "FAILED" else None,
        }

    def as_export(self, url: str | None, url_expires: float | None) -> dict[str, Any]:
        """The answer of the export operations; an export is never PENDING."""
        status = "PROCESSING" if self.ads_status == "PENDING" else self.ads_status
        body: dict[str, Any] = {
            "exportId": self.id,
            "status": status,
            "createdAt": iso_milli(self.created),
        }
        if status == "COMPLETED" and self.document is not None:
            body |= {"generatedAt": iso_milli(self.due_at), "fileSize": self.file_size}
            if url is not None and url_expires is not None:
                body |= {"url": url, "urlExpiresAt": iso_milli(url_expires)}
        if status == "FAILED":
            body["error"] = {"errorCode": "INTERNAL_ERROR", "message": self.failed_for}
        return body

    def _updated(self) -> float:
        if self.ads_status == "PENDING":
            return self.created
        return self.processing_from if self.ads_status == "PROCESSING" else self.due_at


class AdsStore(FamilyState):
    """All Ads reports and exports."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._number = 0
        self._reports: dict[str, AdsReport] = {}
        self._latest: dict[str, AdsReport] = {}

    def new_number(self) -> int:
        """A running number."""
        self._number += 1
        return self._number

    def new_id(self) -> str:
        """A report id: a UUID."""
        return str(uuid.uuid4())

    def add(self, report: AdsReport) -> None:
        """Keep a report."""
        self._reports[report.id] = report
        if report.same:
            self._latest[report.same] = report

    def get(self, report_id: str, profile_id: int, now: float, kept: float) -> AdsReport | None:
        """A profile's report that is not yet too old."""
        report = self._reports.get(report_id)
        if report is None or report.profile_id != profile_id or now - report.created > kept:
            return None
        return report

    def latest(self, same: str) -> AdsReport | None:
        """The latest report of an identical request."""
        return self._latest.get(same)

    def everything(self) -> Iterator[AdsReport]:
        """All reports and exports in order of creation."""
        return iter(self._reports.values())

    def reset(self) -> None:
        """Forget all."""
        for report in self._reports.values():
            if report.rendering is not None:
                report.rendering.cancel()
        self._reports.clear()
        self._latest.clear()
