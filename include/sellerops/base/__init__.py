"""Shared foundations: errors, clock, limits, redaction, and bounded readers of foreign input."""
