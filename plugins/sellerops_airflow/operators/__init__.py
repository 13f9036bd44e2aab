"""Operators: one thin class per task."""
