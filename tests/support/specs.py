"""The shipped report specs, loaded once for all tests of a process: loading them takes half a second."""

from __future__ import annotations

from functools import cache

from sellerops.settings.specs import ReportSpec, SpecFailure, load_specs


def shipped_specs() -> list[ReportSpec]:
    """All specs of ``include/config``, also those that are switched off."""
    return list(_shipped()[0])


def enabled_shipped_specs() -> list[ReportSpec]:
    """The ones that are on."""
    return [spec for spec in _shipped()[0] if spec.is_on]


def shipped_failures() -> list[SpecFailure]:
    """Specs of ``include/config`` that are invalid."""
    return list(_shipped()[1])


@cache
def _shipped() -> tuple[list[ReportSpec], list[SpecFailure]]:
    return load_specs()
