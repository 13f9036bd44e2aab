"""Metrics stay within bounds, and have the names that Prometheus gives them."""

from __future__ import annotations

import pytest

from sellerops.read_models.metrics.metric import Metric, Point, fold

AGE = Metric("sellerops.data.age", "s", "", ("account", "report", "marketplace"), max)
ROWS = Metric("sellerops.rows", "{row}", "", ("account", "report"), sum)


def _ages() -> list[Point]:
    return [
        Point(AGE, float(f"{a}{r}{m}"), {"account": f"a{a}", "report": f"r{r}", "marketplace": f"m{m}"})
        for a in range(2)
        for r in range(3)
        for m in range(4)
    ]


def test_few_points_stay_as_they_are() -> None:
    assert fold(_ages(), 24) == _ages()


def test_the_most_dispensable_attribute_goes_first() -> None:
    found = fold(_ages(), 23)
    assert len(found) == 6
    assert found[0] == Point(AGE, 3.0, {"account": "a0", "report": "r0"})
    assert fold(_ages(), 5)[-1] == Point(AGE, 123.0, {"account": "a1"})
    assert fold(_ages(), 1) == [Point(AGE, 123.0, {})]


def test_each_metric_is_combined_in_its_own_way() -> None:
    rows = [Point(ROWS, 2.0, {"account": "a", "report": f"r{number}"}) for number in range(30)]
    found = fold([*_ages(), *rows], 24)
    assert len(found) == 25
    assert found[-1] == Point(ROWS, 60.0, {"account": "a"})


@pytest.mark.parametrize(
    ("name", "unit", "known_as"),
    [
        ("sellerops.data.age", "s", "sellerops_data_age_seconds"),
        ("sellerops.quota.used", "1", "sellerops_quota_used_ratio"),
        ("sellerops.size", "By", "sellerops_size_bytes"),
        ("sellerops.loads", "{load}", "sellerops_loads"),
    ],
)
def test_prometheus_names_have_the_unit_at_the_end(name: str, unit: str, known_as: str) -> None:
    assert Metric(name, unit, "", (), sum).prometheus_name == known_as
