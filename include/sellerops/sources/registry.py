"""Imports a source when it is used, by its name in ``known_sources``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from sellerops.base.errors import ConfigurationError
from sellerops.settings.known_sources import SOURCES

if TYPE_CHECKING:
    from sellerops.sources.common.report_api import Source


def source_of(name: str) -> Source:
    """The source of that name, which is a spec's ``source``. ConfigurationError naming those there are."""
    if name not in SOURCES:
        raise ConfigurationError(
            f"there is no source {name!r}.",
            where="sellerops/settings/known_sources.py",
            remedy=f"Known: {', '.join(sorted(SOURCES))}. A new one needs its folder and a line there.",
        )
    module, _, attribute = SOURCES[name].partition(":")
    return cast("Source", getattr(importlib.import_module(module), attribute))
