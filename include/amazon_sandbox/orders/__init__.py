"""The Orders APIs 2026-01-01 and v0."""
