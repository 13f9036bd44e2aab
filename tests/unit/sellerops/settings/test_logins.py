"""Logins and accounts: what is written wrongly says where; what nothing here provides is off, not wrong."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from unit.sellerops.settings.specs.test_loader import VALID

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import plan_slices
from sellerops.cli import main
from sellerops.completeness.expected import expected_days
from sellerops.preflight.connections import required_connections
from sellerops.settings import config_files
from sellerops.settings.accounts import ACCOUNTS
from sellerops.settings.logins import LOGINS, Logins
from sellerops.settings.specs import enabled_specs, load_spec, load_specs
from sellerops.settings.specs.account_selection import accounts_for, is_switched_on

SHIPPED = config_files.config_dir()
LOGIN = """
enabled: true
user_agent_mark: sellerops test
logins:
  north:
    site: seller_central
    accounts: [north_na]
    roles: [logistics, finance]
    browser: http://127.0.0.1:9222
"""
ACCOUNT_FILE = """
accounts:
  north_na: {marketplaces: [US, CA], sources: [seller_portal]}
  south_na: {marketplaces: [US], sources: [seller_portal, folder]}
"""
DOWNLOADED = VALID.replace(
    "period:", "request: {how: downloaded, page: report_central, login: logistics}\nperiod:"
)
DROPPED = VALID.replace("kind: range", "kind: listing").replace(
    "period:", 'request: {how: dropped, files: "*.csv"}\nperiod:'
)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder with two accounts, one login, a downloaded and a dropped report."""
    for name in ("marketplaces.yaml", "deprecations.yaml"):
        (tmp_path / name).symlink_to(SHIPPED / name)
    (tmp_path / "accounts.yaml").write_text(ACCOUNT_FILE)
    (tmp_path / "logins.yaml").write_text(LOGIN)
    for source, name, text in (("seller_portal", "fees", DOWNLOADED), ("folder", "keywords", DROPPED)):
        path = tmp_path / "reports" / source / f"{name}.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(text.replace("  reimbursements:", f"  {name}:"))
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(tmp_path))
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_region_follows_from_the_marketplaces(config: Path) -> None:
    account = ACCOUNTS.read()["north_na"]
    assert (account.region, account.api_sources) == ("NA", ())
    edit(config / "accounts.yaml", "[US, CA]", "[US, DE]")
    with pytest.raises(ConfigurationError, match="DE is not in region NA"):
        ACCOUNTS.read()


def test_a_login_serves_its_accounts_and_roles(config: Path) -> None:
    logins = LOGINS.read()
    assert logins.login_of("north_na", "finance").connection_id == "seller_portal_north"
    with pytest.raises(ConfigurationError, match="no login has the role logistics for account south_na"):
        logins.login_of("south_na", "logistics")
    with pytest.raises(ConfigurationError, match="switched off"):
        Logins(False, "x", logins.by_id).login_of("north_na", "finance")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("north_na", "nort_na", "unknown account 'nort_na'"),
        ("seller_central", "ebay", "unknown site 'ebay'"),
        ("http://127.0.0.1:9222", "127.0.0.1", "is not an address"),
        ("enabled: true", "enabled: perhaps", "neither true nor false"),
        ("sellerops test", "''", "`user_agent_mark` is empty"),
        ("roles: [logistics, finance]", "roles: []", "roles"),
    ],
)
def test_a_wrong_login_says_where_and_what(config: Path, old: str, new: str, says: str) -> None:
    edit(config / "logins.yaml", old, new)
    with pytest.raises(ConfigurationError) as caught:
        LOGINS.read()
    assert says in str(caught.value)
    assert "logins.yaml" in caught.value.where


def test_an_account_of_a_login_has_its_source(config: Path) -> None:
    edit(config / "accounts.yaml", "[US, CA], sources: [seller_portal]", "[US, CA], sources: [folder]")
    with pytest.raises(ConfigurationError, match="does not have the source `seller_portal`"):
        LOGINS.read()


def test_two_logins_share_neither_a_browser_nor_a_role(config: Path) -> None:
    second = LOGIN.partition("logins:\n")[2].replace("north:", "other:")
    (config / "logins.yaml").write_text(LOGIN + second)
    with pytest.raises(ConfigurationError, match="has the same browser as north"):
        LOGINS.read()
    (config / "logins.yaml").write_text(LOGIN + second.replace("9222", "9223"))
    with pytest.raises(ConfigurationError, match="also has the role logistics for north_na"):
        LOGINS.read()


def test_a_download_is_collected_for_the_accounts_with_a_login(config: Path) -> None:
    spec = load_spec("fees")
    assert spec.is_on
    accounts = ACCOUNTS.read()
    assert [account.id for account in accounts_for(spec, accounts)] == ["north_na"]
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    assert plan_slices(spec, accounts["south_na"], run_at=moment, now=moment) == []
    days = date(2026, 11, 1), date(2026, 11, 20), moment
    assert expected_days(spec, accounts["north_na"], *days)
    assert not expected_days(spec, accounts["south_na"], *days)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("enabled: true", "enabled: false", "switched off"),
        ("[logistics, finance]", "[finance]", "no login has the role `logistics`"),
    ],
)
def test_without_a_login_a_download_is_off_and_that_is_no_error(
    config: Path, old: str, new: str, says: str
) -> None:
    edit(config / "logins.yaml", old, new)
    specs, failures = load_specs()
    assert failures == []
    (spec,) = [each for each in specs if each.name == "fees"]
    assert (spec.enabled, spec.is_on) == (True, False)
    assert says in spec.off_because
    assert not load_spec("fees").is_on
    assert "fees" not in [each.name for each in enabled_specs()]
    assert not is_switched_on(spec, ACCOUNTS.read(), LOGINS.read())


def test_without_an_account_with_a_folder_a_dropped_report_is_off(config: Path) -> None:
    assert load_spec("keywords").is_on
    edit(config / "accounts.yaml", "[seller_portal, folder]", "[seller_portal]")
    assert "no account has the source `folder`" in load_spec("keywords").off_because
    assert load_specs()[1] == []


def test_a_broken_file_of_logins_switches_downloads_off_and_is_named_once(config: Path) -> None:
    edit(config / "logins.yaml", "enabled: true", "enabled: perhaps")
    assert not load_spec("fees").is_on
    assert load_specs()[1] == []
    assert LOGINS.problem() is not None


def test_specs_check_says_what_is_off_and_succeeds(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(config / "logins.yaml", "[logistics, finance]", "[finance]")
    main(["specs", "list"])
    listed = capsys.readouterr().out
    assert re.search(r"fees +off", listed)
    assert re.search(r"keywords +on", listed)
    main(["specs", "check", "--dir", str(config / "reports")])
    told = capsys.readouterr().out
    assert "off: fees: no login has the role `logistics`" in told
    assert "2 valid (1 switched off), 0 invalid" in told


def test_a_backfill_of_a_page_counts_one_browser_and_a_folder_needs_none(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config / "rate_limits.yaml").symlink_to(SHIPPED / "rate_limits.yaml")
    days = ["--from", "2026-10-01", "--to", "2026-10-31"]
    assert main(["backfill", "plan", "--report", "fees", *days]) == 0
    assert "one browser, role logistics" in capsys.readouterr().out
    assert main(["backfill", "plan", "--report", "keywords", *days]) == 0
    assert "collects all new files of the drop folder in every run" in capsys.readouterr().out
    edit(config / "logins.yaml", "enabled: true", "enabled: false")
    assert main(["backfill", "plan", "--report", "fees", *days]) == 1
    assert "browser jobs are switched off" in capsys.readouterr().err


def test_the_connections_are_those_of_logins(config: Path) -> None:
    (config / "notices.yaml").symlink_to(SHIPPED / "notices.yaml")
    needed = {each.conn_id for each in required_connections()}
    assert "seller_portal_north" in needed
    assert not {name for name in needed if name.startswith(("amazon_sp_", "folder_", "seller_portal_south"))}
    edit(config / "logins.yaml", "enabled: true", "enabled: false")
    assert "seller_portal_north" not in {each.conn_id for each in required_connections()}


def test_accounts_with_the_same_store_need_their_names_in_the_picker(config: Path) -> None:
    """Without them, one seller's file could be taken for the other's."""
    edit(config / "logins.yaml", "[north_na]", "[north_na, south_na]")
    for names in ("{}", "{north_na: North}", "{north_na: North, south_na: ' north '}"):
        path = config / "logins.yaml"
        text = path.read_text()
        path.write_text(f"{text}    picker_names: {names}\n")
        with pytest.raises(ConfigurationError, match="north_na and south_na both have the store US") as wrong:
            LOGINS.read()
        assert wrong.value.where.endswith("logins.north.picker_names")
        path.write_text(text)
    edit(config / "logins.yaml", "    browser:", "    picker_names: {north: North}\n    browser:")
    with pytest.raises(ConfigurationError, match="north is not one of the login's accounts"):
        LOGINS.read()
    edit(config / "logins.yaml", "{north: North}", "{north_na: North, south_na: South}")
    assert LOGINS.read().get("north").picker_names["south_na"] == "South"
