"""Who ships an offer, by its listing."""

from __future__ import annotations

import pytest

from sellerops.collect.offers import is_amazon_fulfilled


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("AMAZON_NA", True), ("amazon_eu", True), ("DEFAULT", False), (None, False), ("", False)],
)
def test_no_channel_does_not_mean_amazon(channel: str | None, expected: bool) -> None:
    assert is_amazon_fulfilled(channel) is expected
