"""When something is full: by how much is used, and by how fast it grows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sellerops.settings.upkeep_file import Sizes
from sellerops.upkeep.fullness_notice import full_notice, when_full
from sellerops.upkeep.growth import Growth, Urgency, growth_of, readable
from sellerops.upkeep.sizes import Kind, Sample, Size, measure_file_systems

START = datetime(2026, 11, 1, tzinfo=UTC)
GB = 10**9


def disk(used: list[float], total: float = 100) -> Growth:
    """A disk of so many GB, one sample a day."""
    samples = [
        Sample(
            Size(Kind.FILE_SYSTEM, "host:/", int(each * GB), int((total - each) * GB)),
            START + timedelta(days=day),
        )
        for day, each in enumerate(used)
    ]
    (growth,) = growth_of(samples)
    return growth


@pytest.mark.parametrize(
    ("used", "urgency"),
    [
        ([10, 10, 10, 10], Urgency.OK),
        ([81, 81, 81, 81], Urgency.WARNING),
        ([93, 93, 93, 93], Urgency.FAILED),
        # 10 GB a day: 50 GB are left for five days.
        ([20, 30, 40, 50], Urgency.WARNING),
        ([45, 55, 65, 75], Urgency.FAILED),
        ([70, 60, 50, 40], Urgency.OK),
        # Two samples are no trend.
        ([20, 40], Urgency.OK),
    ],
)
def test_a_disk_is_reported_before_it_is_full(used: list[float], urgency: Urgency) -> None:
    assert disk(used).urgency(Sizes()) is urgency


def test_growth_is_that_of_all_days_and_says_when_it_is_full() -> None:
    growth = disk([10, 12, 14, 16, 18])
    assert growth.per_day == pytest.approx(2 * GB)
    assert growth.full_on == datetime(2026, 12, 16, tzinfo=UTC)
    assert "2.0 GB a day and is full on 2026-12-16" in when_full(growth)
    # A large load on one day is not a trend of its size.
    assert disk([10, 10, 10, 10, 10, 10, 40]).per_day < 4 * GB  # type: ignore[operator]


def test_what_is_measured_no_more_is_left_out() -> None:
    """A container that was replaced would be 99 % full for as long as its samples are kept."""
    gone, there = Size(Kind.FILE_SYSTEM, "old:/", 99, 1), Size(Kind.FILE_SYSTEM, "new:/", 10, 90)
    samples = [Sample(gone, START), *(Sample(there, START + timedelta(days=day)) for day in range(2, 5))]
    assert [each.size.name for each in growth_of(samples)] == ["new:/"]
    # Another machine may be measured at another hour.
    assert len(growth_of(samples[:2])) == 2


def test_a_machine_keeps_its_name_when_its_container_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELLEROPS_MACHINE", "warehouse-1")
    (size,) = measure_file_systems([tmp_path])
    assert size.name.startswith("warehouse-1:/")


def test_without_a_known_limit_nothing_is_full() -> None:
    size = Size(Kind.DATABASE, "warehouse", 900 * GB)
    assert Growth(size, START, 100 * GB).urgency(Sizes()) is Urgency.OK


def test_the_notice_says_what_is_full_and_what_grows() -> None:
    growth = disk([81, 81, 81, 81])
    table = Growth(Size(Kind.TABLE, "warehouse.amazon_sp.all_orders", 40 * GB), START, 5e6)
    notice = full_notice(growth, Urgency.WARNING, [table])
    assert notice.headline == "host:/ is 81 % full"
    assert "81.0 GB used, 19.0 GB free" in notice.text
    assert "warehouse.amazon_sp.all_orders 40.0 GB, +5.0 MB a day" in notice.text
    assert "sizes" in notice.text


def test_sizes_are_readable() -> None:
    assert [readable(each) for each in (0, 999, 1500, 2.5e9, 7e13)] == [
        "0 bytes",
        "999 bytes",
        "1.5 kB",
        "2.5 GB",
        "70.0 TB",
    ]
