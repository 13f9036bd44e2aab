"""Removals are data; whoever uses a removed thing is warned before it is gone, once for each threshold."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from support.specs import shipped_specs

from sellerops.base.errors import ConfigurationError
from sellerops.cli import main
from sellerops.notices import Event
from sellerops.notices.deprecations import deprecation_notice
from sellerops.settings.deprecations import (
    Deprecation,
    DeprecationUse,
    Kind,
    load_deprecations,
    removed_uses,
    threshold_of,
    touched,
)
from sellerops.settings.specs import load_spec

DAY = date(2027, 3, 1)
SOON = Deprecation(Kind.REPORT_TYPE, "GET_SALES_AND_TRAFFIC_REPORT", DAY, False, "Data Kiosk", "the schedule")


def test_the_file_is_sound_and_no_report_is_made_of_something_removed() -> None:
    found = load_deprecations()
    assert len(found) > 20
    assert all(each.source for each in found)
    by_name = {each.name: each for each in found}
    assert by_name["GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE"].removed_on == date(2026, 11, 11)
    for spec in shipped_specs():
        assert not list(removed_uses(spec, date(2026, 11, 21), found)), spec.name


def test_each_kind_is_recognised_in_a_spec() -> None:
    used = {one.deprecation.name: one.reports for one in touched(load_deprecations(), shipped_specs())}
    assert used["getOrders"] == ("orders_v0",)
    kiosk = Deprecation(Kind.DATA_KIOSK, "analytics_salesAndTraffic_2024_04_24", None, False, "", "x")
    assert kiosk.is_used_by(load_spec("sales_and_traffic_by_date"))
    assert not kiosk.is_used_by(load_spec("sales_and_traffic"))
    assert SOON.is_used_by(load_spec("sales_and_traffic"))


@pytest.mark.parametrize(
    ("left", "threshold"),
    [(91, None), (90, 90), (31, 90), (30, 30), (8, 30), (7, 7), (1, 7), (0, 0), (-9, 0)],
)
def test_thresholds_are_reached_one_after_the_other(left: int, threshold: int | None) -> None:
    assert threshold_of(SOON, DAY - timedelta(days=left)) == threshold
    assert SOON.is_gone(DAY - timedelta(days=left)) is (left <= 0)


def test_a_notice_for_each_threshold_that_says_what_to_do() -> None:
    use = DeprecationUse(SOON, ("sales_and_traffic",))
    assert deprecation_notice(use, DAY - timedelta(days=91)) is None
    assert deprecation_notice(DeprecationUse(SOON, ()), DAY) is None
    keys = set()
    for left in range(100, -5, -1):
        notice = deprecation_notice(use, DAY - timedelta(days=left))
        if notice:
            keys.add(notice.key)
            assert "sales_and_traffic" in notice.text
            assert "Data Kiosk" in notice.text
            expected = Event.NEEDS_A_PERSON if left <= 7 else Event.DEPRECATION
            assert notice.event is expected
    assert len(keys) == 4


def test_a_wrong_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "deprecations.yaml"
    path.write_text(yaml.safe_dump({"report_types": {"GET_X": {"removed": "2026-01-01", "source": "x"}}}))
    with pytest.raises(ConfigurationError) as caught:
        load_deprecations(path)
    assert "report_types.GET_X.removed" in caught.value.where


def test_the_commands_show_and_warn(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["deprecations", "--used"]) == 0
    shown = capsys.readouterr().out
    assert "orders_v0" in shown
    assert "GET_EXCESS_INVENTORY_DATA" not in shown
    text = Path(load_spec("settlements").path).read_text()
    removed = text.replace("_FLAT_FILE_V2", "_FLAT_FILE")
    (tmp_path / "amazon_sp").mkdir()
    (tmp_path / "amazon_sp" / "old_settlements.yaml").write_text(removed)
    assert main(["specs", "check", "--dir", str(tmp_path)]) == 0
    warned = capsys.readouterr().err
    assert "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE" in warned
    assert "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2" in warned
