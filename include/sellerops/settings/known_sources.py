"""The sources by name: the one line that a new source adds beside its folder.

Names only. ``sources/registry.py`` imports a source when it is used, so an account may name its sources
without importing any of them.
"""

from __future__ import annotations

SOURCES = {
    "amazon_sp": "sellerops.sources.amazon_sp.source:SOURCE",
    "amazon_ads": "sellerops.sources.amazon_ads.source:SOURCE",
}
