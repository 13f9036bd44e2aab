"""All sources by name: a new one adds its folder and one line here.

Names only: ``sources/registry.py`` imports a source when it is first used, so accounts can be checked without
importing any source.
"""

from __future__ import annotations

SOURCES = {
    "amazon_sp": "sellerops.sources.amazon_sp.source:SOURCE",
    "amazon_ads": "sellerops.sources.amazon_ads.source:SOURCE",
    "seller_portal": "sellerops.sources.seller_portal.source:SOURCE",
    "folder": "sellerops.sources.folder.source:SOURCE",
}
# The sources for which an account has its own connection and pool. Web pages need a login
# (config/logins.yaml) instead, and the drop folder needs nothing.
ACCOUNT_SOURCES = ("amazon_sp", "amazon_ads")
