"""Imports a source on first use, by its name in ``known_sources``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from sellerops.base.errors import ConfigurationError
from sellerops.settings.known_sources import SOURCES

if TYPE_CHECKING:
    from sellerops.sources.common.report_api import Source


def source_of(name: str) -> Source:
    """The source that a spec's ``source`` names. ConfigurationError listing the known ones."""
    if name not in SOURCES:
        raise ConfigurationError(
            f"unknown source {name!r}.",
            where="sellerops/settings/known_sources.py",
            remedy=f"Known: {', '.join(sorted(SOURCES))}. A new one needs a folder and a line there.",
        )
    module, _, attribute = SOURCES[name].partition(":")
    return cast("Source", getattr(importlib.import_module(module), attribute))
