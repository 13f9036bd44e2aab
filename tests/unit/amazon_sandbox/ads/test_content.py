"""Faults of rows in documents of the Ads API."""

from __future__ import annotations

from amazon_sandbox.ads.content import changed

ROWS = [
    {"campaignId": 1, "clicks": 3, "cost": 1.5, "date": "2026-11-18"},
    {"campaignId": 2, "clicks": 0, "cost": 0.25, "date": "2026-11-18"},
]


def test_split_rows_share_their_dimensions_and_add_up() -> None:
    split = list(changed(ROWS, "lines_split", {}))
    assert [(row["campaignId"], row["clicks"]) for row in split] == [(1, 2), (1, 1), (2, 0)]
    assert sum(row["cost"] for row in split) == 1.75


def test_rows_in_reverse() -> None:
    assert list(changed(ROWS, "lines_reversed", {})) == ROWS[::-1]
