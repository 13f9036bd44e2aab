"""Collects a slice's documents into the archive: reuses a report or creates it once, waits, downloads."""

from sellerops.collect.collector import Collector
from sellerops.collect.outcomes import Done, Outcome, WaitFor, WaitOutcome, WaitResult

__all__ = ["Collector", "Done", "Outcome", "WaitFor", "WaitOutcome", "WaitResult"]
