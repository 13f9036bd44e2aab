"""Plans backfills against quotas: requests, bottleneck, finish time, and cheaper ways. Makes no calls."""

from sellerops.planning.bucket_simulation import SimulationResult, simulate_bucket
from sellerops.planning.plan import AccountPlan, Levels, Plan, make_plan
from sellerops.planning.proposals import Proposal
from sellerops.planning.requests import (
    BackfillRequests,
    DocumentLookup,
    FindDocument,
    PlannedRequest,
    plan_requests,
)

__all__ = [
    "AccountPlan",
    "BackfillRequests",
    "DocumentLookup",
    "FindDocument",
    "Levels",
    "Plan",
    "PlannedRequest",
    "Proposal",
    "SimulationResult",
    "make_plan",
    "plan_requests",
    "simulate_bucket",
]
