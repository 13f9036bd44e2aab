"""All sources by name: a new one adds its folder and one line here.

Names only: ``sources/registry.py`` imports a source on use, so that accounts can be checked without
importing any of them.
"""

from __future__ import annotations

SOURCES = {
    "amazon_sp": "sellerops.sources.amazon_sp.source:SOURCE",
    "amazon_ads": "sellerops.sources.amazon_ads.source:SOURCE",
    "seller_portal": "sellerops.sources.seller_portal.source:SOURCE",
    "folder": "sellerops.sources.folder.source:SOURCE",
}
# The sources that an account itself gives access to, with a connection and a pool of its own. Pages need a
# login (config/logins.yaml), and a folder nothing.
ACCOUNT_SOURCES = ("amazon_sp", "amazon_ads")
