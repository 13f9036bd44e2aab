"""Archived documents loaded again, and decisions about stored ones: replay, refill, quarantine, retention."""
