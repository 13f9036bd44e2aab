"""Quota as a plan: what a backfill asks, what bounds it, when it ends, and the cheapest way. Asks nobody."""

from sellerops.planning.needs import Held, Need, Needs, Question, needs_of
from sellerops.planning.plan import AccountPlan, Levels, Plan, make_plan
from sellerops.planning.proposals import Proposal
from sellerops.planning.simulation import Served, serve

__all__ = [
    "AccountPlan",
    "Held",
    "Levels",
    "Need",
    "Needs",
    "Plan",
    "Proposal",
    "Question",
    "Served",
    "make_plan",
    "needs_of",
    "serve",
]
