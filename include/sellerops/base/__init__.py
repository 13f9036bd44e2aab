"""What every other room stands on: errors, clock, limits, redaction, and bounded readers of foreign input."""
