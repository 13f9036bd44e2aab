"""Links to reports in Seller Central, from ``config/seller_central.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import ConfigFile, Files
from sellerops.settings.specs import ReportSpec

# People follow these links: only Amazon's own hosts are allowed.
_HOST = re.compile(r"(sellercentral|advertising)(-[a-z]+)?\.amazon(\.[a-z]{2,3}){1,2}")
_ADDRESS = re.compile(rf"https://{_HOST.pattern}(/\S*)?")


@dataclass(frozen=True)
class SellerCentralPages:
    """Where the reports' pages are.

    ``hosts`` by marketplace code, ``pages`` (paths) by report type, ``sources`` (URLs) by source,
    ``web_pages`` (paths or URLs, for reports of web pages) by page.
    """

    hosts: Mapping[str, str]
    pages: Mapping[str, str]
    sources: Mapping[str, str]
    web_pages: Mapping[str, str]

    def page_of(self, spec: ReportSpec, marketplace: str) -> str:
        """URL of the report's page for a marketplace (ISO code), or of Seller Central's home page.

        Raises ConfigurationError if the URL needs the marketplace's host and there is none.
        """
        web_page = self.web_pages.get(spec.request.page or "", "")
        if web_page:
            return web_page if "://" in web_page else self._address(marketplace, web_page)
        if spec.source in self.sources:
            return self.sources[spec.source]
        return self._address(marketplace, self.pages.get(spec.report_type, "/"))

    def shipment_page(self, marketplace: str, confirmation_id: str | None) -> str:
        """URL of an FBA shipment's contents; without an id (FBA...), URL of the list of shipments.

        Raises ConfigurationError for a marketplace without a host.
        """
        if confirmation_id is None:
            return self._address(marketplace, self.pages.get("FBA_SHIPMENTS", "/"))
        page = self.pages.get("FBA_SHIPMENT", "/")
        return self._address(marketplace, page.replace("{shipment}", quote(confirmation_id, safe="")))

    def _address(self, marketplace: str, path: str) -> str:
        if marketplace not in self.hosts:
            raise ConfigurationError(
                f"marketplace {marketplace} has no Seller Central host.",
                where="config/seller_central.yaml, hosts",
                remedy=f"Add `{marketplace}: sellercentral.amazon.<domain>`.",
            )
        return f"https://{self.hosts[marketplace]}{path}"


def _build(files: Files, path: Path) -> SellerCentralPages:
    content = files.yaml(path)
    central = SellerCentralPages(
        **{name: _texts(content, name, path) for name in ("hosts", "pages", "sources", "web_pages")}
    )
    checks = (
        ("hosts", central.hosts, _HOST, "sellercentral.amazon.de"),
        ("pages", central.pages, re.compile(r"/\S*"), "/business-reports"),
        ("sources", central.sources, _ADDRESS, "https://advertising.amazon.com/"),
        ("web_pages", central.web_pages, re.compile(r"/\S*|https://\S+"), "/business-reports"),
    )
    for key, entries, form, example in checks:
        for name, value in entries.items():
            if not form.fullmatch(value):
                raise ConfigurationError(
                    f"{value!r} is not an Amazon address.",
                    where=f"{shown(path)}, {key}.{name}",
                    remedy=f"Write it as {example}.",
                )
    return central


def _texts(content: dict[str, Any], key: str, path: Path) -> dict[str, str]:
    entries = content.get(key) or {}
    if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
        raise ConfigurationError("is not a mapping of texts.", where=f"{shown(path)}, {key}")
    return {str(name): value for name, value in entries.items()}


SELLER_CENTRAL = ConfigFile("seller_central.yaml", _build)
