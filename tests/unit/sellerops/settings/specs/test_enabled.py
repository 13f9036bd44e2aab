"""One line switches a report off: nothing of it is expected any more; what it left stays known."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from unit.sellerops.settings.specs.test_loader import VALID, write

from sellerops.base.errors import SpecError
from sellerops.completeness import DayState, MarketplaceCalendar, find_gaps
from sellerops.completeness.marketplace_calendar import Day
from sellerops.ledger import SliceRow, SliceState
from sellerops.settings.accounts import load_accounts
from sellerops.settings.config_files import config_dir
from sellerops.settings.specs import enabled_specs, load_spec, load_specs, spec_files
from sellerops.settings.specs.report_list import overview

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize("path", spec_files(), ids=lambda path: path.stem)
def test_every_spec_says_whether_it_is_on(path: Path) -> None:
    assert re.search(r"^enabled: (true|false)$", path.read_text(), re.MULTILINE)


def test_on_is_the_default_and_the_files_own_line_goes_first(tmp_path: Path) -> None:
    for name, line in (("plain", ""), ("one", "enabled: false\n"), ("two", "enabled: true\n")):
        write(tmp_path, name, line + VALID.replace("  reimbursements:", f"  {name}:"))
    assert {spec.name: spec.enabled for spec in load_specs(tmp_path)[0]} == {
        "one": False, "plain": True, "two": True
    }  # fmt: skip
    assert "enabled: true" in (config_dir() / "reports" / "defaults.yaml").read_text()
    (tmp_path / "defaults.yaml").write_text("enabled: false\n")
    assert [spec.name for spec in enabled_specs(tmp_path)] == ["two"]


@pytest.mark.parametrize("value", ["maybe", "1", "'true'", "[true]"])
def test_a_switch_is_true_or_false(tmp_path: Path, value: str) -> None:
    path = write(tmp_path, "off", f"enabled: {value}\n" + VALID)
    with pytest.raises(SpecError, match="neither `true` nor `false`") as caught:
        load_spec("off", tmp_path)
    assert f"{path.name}, key `enabled`" in caught.value.where


def test_a_report_that_no_account_can_have_may_be_switched_off(tmp_path: Path) -> None:
    path = write(tmp_path, "elsewhere", "enabled: true\nmarketplaces: [JP]\n" + VALID)
    (failure,) = load_specs(tmp_path)[1]
    assert "no account" in str(failure.error)
    path.write_text(path.read_text().replace("enabled: true", "enabled: false"))
    assert not load_spec("elsewhere", tmp_path).enabled
    assert load_specs(tmp_path)[1] == []


@pytest.mark.parametrize("change", [{"enabled": False}, {"off_because": "no login has the role"}])
def test_what_is_off_has_no_gaps(change: dict[str, object]) -> None:
    spec, account = load_spec("sales_and_traffic"), load_accounts()["northwind_na"]
    day, since = date(2026, 11, 3), NOW - timedelta(days=9)
    row = SliceRow(spec.name, account.id, "ATVPDKIKX0DER", day, None, SliceState.FAILED, *[None] * 9, since)
    days = (Day(day, DayState.FAILED, row, None),)
    on = MarketplaceCalendar(spec, account, "ATVPDKIKX0DER", days)
    off = MarketplaceCalendar(spec.model_copy(update=change), account, "ATVPDKIKX0DER", days)
    assert [gap.spec.name for gap in find_gaps([on, off], NOW)] == ["sales_and_traffic"]
    assert find_gaps([off], NOW) == []


def test_the_page_of_reports_tells_what_is_off_and_lists_its_tables() -> None:
    specs = [load_spec("sales_and_traffic"), load_spec("settlements")]
    page = overview([specs[0], specs[1].model_copy(update={"enabled": False})])
    (line,) = [line for line in page.splitlines() if line.startswith("| `settlements` |")]
    assert "**switched off**" in line
    assert page.count("**switched off**") == 1
    assert "| `amazon_sp.settlements` |" in page
