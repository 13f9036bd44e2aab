"""Page objects at the local portal, in the browser that tests share."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.portal import EnterPortal
from support.sandbox import SandboxServer

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.page_object import PageObject
    from sellerops.sources.seller_portal.portal import Portal


@dataclass
class Pages:
    """Opens page objects; ``stack`` leaves the browser at the test's end."""

    enter: EnterPortal
    sandbox: SandboxServer
    stack: ExitStack

    def open(
        self, name: str, account: str, country: str, *, version: int = 1, language: str = "en_US"
    ) -> tuple[PageObject, Portal]:
        """A page object, and a signed-in browser that shows a store in a version and language."""
        from sellerops.sources.seller_portal.pages.registry import page_object

        look = {"version": version, "language": language, "challenges": []}
        self.sandbox.control("POST", "/portal", json=look)
        page = page_object(name)
        entered = self.enter(country, account=account, site=page.site, page_name=name)
        return page, self.stack.enter_context(entered)
