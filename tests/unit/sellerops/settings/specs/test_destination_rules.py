"""One file says where rows go by family, report and account; a report's own file goes before it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.specs import shipped_specs
from unit.sellerops.settings.specs.test_loader import VALID, write

from sellerops.base.errors import ConfigurationError, SpecError
from sellerops.preflight.configuration import report_problems
from sellerops.settings.config_files import config_dir
from sellerops.settings.last_valid import Files
from sellerops.settings.specs import load_spec, load_specs
from sellerops.settings.specs.destination_rules import read_rules

BOTH = ("postgres", "bigquery")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of specs with a report, of family fulfilment, that says nothing of destinations."""
    made = tmp_path / "reports"
    made.mkdir()
    write(made, "plain", VALID)
    return made


def rules(root: Path, text: str) -> None:
    (root.parent / "destinations.yaml").write_text(f"rules:\n{text}", encoding="utf-8")


def test_the_shipped_file_changes_nothing() -> None:
    assert read_rules(Files(), config_dir() / "destinations.yaml") == ()
    assert {spec.all_destinations for spec in shipped_specs()} == {("postgres",)}


def test_without_a_file_the_defaults_apply(root: Path) -> None:
    spec = load_spec("plain", root)
    assert spec.destinations_of("anybody") == spec.all_destinations == ("postgres",)


@pytest.mark.parametrize(
    ("text", "na", "eu", "everywhere"),
    [
        ("  - {destinations: bigquery}", ("bigquery",), ("bigquery",), ("bigquery",)),
        ("  - {families: fulfilment, destinations: [postgres, bigquery]}", BOTH, BOTH, BOTH),
        ("  - {families: [ads, orders], destinations: bigquery}", *[("postgres",)] * 3),
        ("  - {reports: plain, destinations: bigquery}", *[("bigquery",)] * 3),
        ("  - {accounts: eu, destinations: bigquery}", ("postgres",), ("bigquery",), BOTH),
        (
            "  - {accounts: eu, destinations: postgres}\n  - {families: fulfilment, destinations: bigquery}",
            ("bigquery",), ("postgres",), BOTH,
        ),
        (
            "  - {families: fulfilment, destinations: bigquery}\n  - {accounts: eu, destinations: postgres}",
            ("bigquery",), ("bigquery",), ("bigquery",),
        ),
        (
            "  - {families: ads, accounts: eu, destinations: bigquery}\n"
            "  - {accounts: na, destinations: bigquery}",
            ("bigquery",), ("postgres",), BOTH,
        ),
    ],
)  # fmt: skip
def test_the_first_rule_that_matches_decides(
    root: Path, text: str, na: tuple[str, ...], eu: tuple[str, ...], everywhere: tuple[str, ...]
) -> None:
    rules(root, text)
    spec = load_spec("plain", root)
    assert (spec.destinations_of("na"), spec.destinations_of("eu")) == (na, eu)
    assert set(spec.all_destinations) == set(everywhere)


def test_rules_go_before_defaults_and_the_reports_own_file_before_the_rules(root: Path) -> None:
    (root / "defaults.yaml").write_text("destinations: [postgres, bigquery]\n")
    write(root, "own", VALID.replace("  reimbursements:", "  others:") + "destinations: [postgres]\n")
    assert load_spec("plain", root).destinations_of("eu") == BOTH
    rules(root, "  - {accounts: eu, destinations: bigquery}")
    assert load_spec("plain", root).destinations_of("eu") == ("bigquery",)
    assert load_spec("plain", root).destinations_of("na") == BOTH
    assert load_spec("own", root).destinations_of("eu") == ("postgres",)
    assert load_spec("own", root).destination_rules == ()


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("  - {accounts: eu}", "rules.0.destinations", "required"),
        ("  - {destinations: []}", "rules.0.destinations", "at least 1"),
        ("  - {destinations: bigqeury}", "rules.0.destinations", "known: postgres, bigquery"),
        ("  - {destinations: [postgres, postgres]}", "rules.0.destinations", "listed twice"),
        ("  - {account: eu, destinations: postgres}", "rules.0.account", "families, reports, accounts"),
        ("  accounts: eu", "rules", "tuple"),
    ],
)
def test_a_wrong_rule_is_one_error_that_names_file_key_and_remedy(
    root: Path, text: str, key: str, says: str
) -> None:
    rules(root, text)
    write(root, "second", VALID.replace("  reimbursements:", "  others:"))
    specs, failures = load_specs(root)
    assert specs == []
    (message,) = {str(failure.error) for failure in failures}
    assert f"destinations.yaml, key `{key}`" in message
    assert says in message
    assert "Next:" in message


def test_a_spec_does_not_write_rules_itself(root: Path) -> None:
    write(root, "plain", VALID + "destination_rules: []\n")
    with pytest.raises(SpecError, match="must not be set in a spec") as caught:
        load_spec("plain", root)
    assert "destinations.yaml" in caught.value.remedy


def test_names_that_do_not_exist_are_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    config = tmp_path / "config"
    shutil.copytree(config_dir(), config)
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(config))
    assert report_problems() == []
    (config / "destinations.yaml").write_text(
        "rules:\n"
        "  - {families: brand_analytcs, destinations: postgres}\n"
        "  - {accounts: [northwind_na, northwind_uk], reports: all_ordres, destinations: bigquery}\n"
    )
    messages = [str(problem.error) for problem in report_problems()]
    assert len(messages) == 3
    assert "rules.0.families" in messages[0] and "Did you mean 'brand_analytics'?" in messages[0]
    assert "rules.1.reports" in messages[1] and "Did you mean 'all_orders'?" in messages[1]
    assert "rules.1.accounts" in messages[2] and "Did you mean" in messages[2]
    assert all(isinstance(problem.error, ConfigurationError) for problem in report_problems())
    assert {problem.file for problem in report_problems()} == {"destinations.yaml"}
