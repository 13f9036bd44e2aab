"""The Support API."""
