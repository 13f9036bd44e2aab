"""Loads archived documents again, and decides about stored ones: replay, refill, quarantine, retention."""
