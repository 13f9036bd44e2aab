"""Takes a slice to its documents in the archive: reuse, create once, wait, download."""

from sellerops.collect.collector import Collector
from sellerops.collect.outcomes import Done, Outcome, WaitFor, WaitOutcome, WaitResult

__all__ = ["Collector", "Done", "Outcome", "WaitFor", "WaitOutcome", "WaitResult"]
