"""Finds the request for a slice: one in progress or recent enough, else a new one."""

from __future__ import annotations

from datetime import datetime

from sellerops.collect.context import Job, Tools, fresh_after, key_of
from sellerops.collect.report_claims import find_own_reported_at
from sellerops.ledger import ReportRequest


def find_request(tools: Tools, job: Job) -> ReportRequest:
    """The request for the slice's key that is in progress or recent enough, else a new one."""
    key = key_of(tools.spec, job.slice_)
    return tools.ledger.find_or_open_request(key, fresh_after=usable_since(tools, job), run=job.run)


def serves(tools: Tools, job: Job, request: ReportRequest) -> bool:
    """Whether an archived request's document is recent enough for the job; its own run's always is."""
    if (request.dag_id, request.run_id) == (job.run.dag_id, job.run.run_id):
        return True
    return (request.reported_at or request.created_at) >= usable_since(tools, job)


def usable_since(tools: Tools, job: Job) -> datetime:
    """The earliest report time at which a document of the slice's key serves the job; a document that its own
    run got always does.
    """
    since = fresh_after(tools.spec, job, tools.ledger.clock().now())
    own = find_own_reported_at(tools.ledger, key_of(tools.spec, job.slice_), job.run)
    return min(since, own) if own else since
