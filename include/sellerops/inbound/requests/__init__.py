"""Requests by people and programs: the form, and all checks before anything is created at Amazon."""
