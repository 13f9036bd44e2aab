"""Visits end before a step that may not be taken any more, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from sellerops.base.errors import BrowserUnavailable
from sellerops.sources.common.portal_api import Delivery
from sellerops.sources.seller_portal.visits import PageVisit


class Page:
    delivery = Delivery.LISTED
    requested = 0

    def request(self, portal: Any, wanted: Any) -> None:
        self.requested += 1


def test_a_visit_that_may_not_go_on_has_requested_nothing_and_says_so() -> None:
    def may_go_on() -> None:
        raise BrowserUnavailable("another job has taken the login over.", where="login x")

    page: Any = Page()
    nothing: Any = None
    visit = PageVisit(page, nothing, nothing, nothing, may_go_on)
    with pytest.raises(BrowserUnavailable) as raised:
        visit.request()
    assert (raised.value.details["sent"], page.requested) == (False, 0)
