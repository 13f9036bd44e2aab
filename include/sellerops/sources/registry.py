"""The sources, one line each: a dotted name, imported when the source is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from sellerops.errors import ConfigurationError

if TYPE_CHECKING:
    from sellerops.sources.common.asking import Source

SOURCES = {
    "amazon_sp": "sellerops.sources.amazon_sp.source:SOURCE",
    "amazon_ads": "sellerops.sources.amazon_ads.source:SOURCE",
}


def source_of(name: str) -> Source:
    """The source of that name, which is a spec's ``source``. ConfigurationError naming those there are."""
    if name not in SOURCES:
        raise ConfigurationError(
            f"there is no source {name!r}.",
            where="sellerops/sources/registry.py",
            remedy=f"Known: {', '.join(sorted(SOURCES))}. A new one needs its folder and a line there.",
        )
    module, _, attribute = SOURCES[name].partition(":")
    return cast("Source", getattr(importlib.import_module(module), attribute))
