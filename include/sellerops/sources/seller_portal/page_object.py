"""The base of all page objects: one page family of one site, behind four methods.

To add a page, add a module with a subclass in ``pages/`` and a line in ``pages/registry.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.sources.common.portal_api import Delivery, DownloadedFile, WantedFile

if TYPE_CHECKING:
    from sellerops.sources.common.report_api import Report
    from sellerops.sources.seller_portal.portal import Portal


# The options of several reports.
Options = Sequence[Mapping[str, str]]


def values_of(options: Options, key: str, known: Iterable[str], default: str = "") -> list[str]:
    """The values that reports have for an option, each once; without reports, all known ones."""
    return list(dict.fromkeys(each.get(key, default) for each in options) or known)


class PageObject:
    """Opens one page and uses its controls. Stateless: its arguments have everything that it needs.

    Methods start with ``portal.goto``, because the browser may be showing anything. They raise PageChanged
    for a missing control (``portal.controls`` does it for them), AmazonUnavailable when the page says that it
    could not load its data, Throttled when it says that it is too early, and RequestRefused when it refuses
    the request for good.

    ``name``: as in ``request.page``; ``site``: one of ``settings.logins.SITES``; ``has_stores``: whether its
    files are those of the store that the session shows.
    """

    name: ClassVar[str]
    site: ClassVar[str] = "seller_central"
    delivery: ClassVar[Delivery] = Delivery.LISTED
    has_stores: ClassVar[bool] = True

    def check(self, portal: Portal, options: Options = ()) -> None:
        """Open the page and find every control that the other methods use, without requesting anything.

        :param options: those of the reports that use the page. Only what they need is opened; if there are
            none, everything is.
        """
        raise NotImplementedError

    def reports(self, portal: Portal, wanted: WantedFile) -> Sequence[Report]:
        """The page's files of the wanted type, range and store, newest first. ``DIRECT`` pages list none."""
        return ()

    def request(self, portal: Portal, wanted: WantedFile) -> None:
        """Request the file, once. Not for ``DIRECT`` pages."""
        raise NotImplementedError

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        """The file of a listed report, or of a ``DIRECT`` page; empty when the page says that there is no
        data.
        """
        raise NotImplementedError
