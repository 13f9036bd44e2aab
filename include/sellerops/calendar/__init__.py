"""Schedules and slices: what is due when, and what a run collects."""
