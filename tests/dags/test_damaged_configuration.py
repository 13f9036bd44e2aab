"""No damage to a configuration file removes or changes a DAG, or goes unreported."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.airflow_home import PROJECT_ROOT

from airflow.dag_processing.dagbag import DagBag  # isort: skip - after the conftest prepared its home
from airflow.serialization.serialized_objects import DagSerialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerops.notices import load_routes
from sellerops.preflight.configuration import all_problems
from sellerops.rate_limits import load_rate_limits
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops_airflow.dag_factory.checks import checks_to_parse
from sellerops_airflow.dag_factory.exports import build_exports
from sellerops_airflow.dag_factory.reports import build_all

SPECS = ("all_orders", "sales_and_traffic", "settlements")
# Each file is used by several DAGs, or by one of its own.
FILES = (
    "accounts.yaml",
    "marketplaces.yaml",
    "notices.yaml",
    "rate_limits.yaml",
    "deprecations.yaml",
    "inbound.yaml",
    "logins.yaml",
    "destinations.yaml",
    "localized_headers.yaml",
    "reports/defaults.yaml",
    "reports/amazon_sp/defaults.yaml",
    "reports/amazon_sp/all_orders.yaml",
    "exports/sales_by_marketplace_and_day.yaml",
    "checks/settlements_to_the_cent.sql",
)
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20)
)


def _text(text: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(text, encoding="utf-8")


def _comment(path: Path, text: str) -> str:
    """In a check, the YAML is in comments."""
    return "".join(f"-- {line}\n" for line in text.splitlines()) if path.suffix == ".sql" else text


def _yaml(text: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(_comment(path, text), encoding="utf-8")


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nothing")


def _half(path: Path) -> None:
    text = path.read_text(encoding="utf-8").rstrip()
    path.write_text(text[: len(text) // 2] + "\n  : [", encoding="utf-8")
    if path.suffix == ".sql":
        path.write_text(f"-- inputs: [\n{text}", encoding="utf-8")


DAMAGE: dict[str, Callable[[Path], None]] = {
    "empty": _text(""),
    "half of it": _half,
    "a typing error": _yaml("accounts:\n  northwind_na: {region: NA\n"),
    "an unknown key": _yaml("frobnicate: 1\n"),
    "a list": _yaml("- one\n- two\n"),
    "4 KB of brackets": _yaml("a: " + "[" * 4096),
    "50,000 levels": _yaml("a: " + "[" * 50_000 + "]" * 50_000),
    "50,000 levels of blocks": _yaml("a:\n" + " - - - -" * 12_500 + " x\n"),
    "aliases upon aliases": _yaml(BOMB),
    "an alias of itself": _yaml("a: &a [*a]\n"),
    "a list as a key": _yaml("? [a, b]\n: 1\n"),
    "the same key twice": _yaml("accounts: {}\naccounts: {}\n"),
    "an object of Python": _yaml("a: !!python/object/apply:os.system [exit]\n"),
    "no such day": _yaml("a: 2026-13-45\n"),
    "a number without end": _yaml(f"a: {'9' * 5000}\n"),
    "a zero byte": _yaml('a: "\\0"\n'),
    "two megabytes": _yaml("a: " + "x" * 2_000_000),
    "no UTF-8": lambda path: path.write_bytes(b"a: \xff\xfe\n"),
    "UTF-16": lambda path: path.write_bytes("a: b\n".encode("utf-16")),
    "a directory": _directory,
    "a pipe": _pipe,
    "a link to nothing": _link_to_nothing,
}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small configuration that was valid once, and a folder for its last valid version."""
    origin, folder = PROJECT_ROOT / "include" / "config", tmp_path / "config"
    reports = folder / "reports" / "amazon_sp"
    reports.mkdir(parents=True)
    for path in (*origin.glob("*.yaml"), *origin.glob("*.csv")):
        shutil.copy(path, folder)
    shutil.copytree(origin / "alerts", folder / "alerts")
    shutil.copy(origin / "reports" / "defaults.yaml", folder / "reports")
    for name in SPECS:
        shutil.copy(origin / "reports" / "amazon_sp" / f"{name}.yaml", reports)
    (reports / "defaults.yaml").write_text("retries: 4\n")
    # Checks of web pages are built only with their reports, which are missing here.
    (folder / "checks").mkdir()
    for path in (origin / "checks").glob("*.sql"):
        if "seller_portal." not in path.read_text(encoding="utf-8"):
            shutil.copy(path, folder / "checks")
    # The other exports follow tables of reports that are missing here.
    (folder / "exports").mkdir()
    export = folder / "exports" / "sales_by_marketplace_and_day.yaml"
    text = (origin / "exports" / export.name).read_text()
    spreadsheet = "spreadsheet_id: 1aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcdefg"
    export.write_text(text.replace("\nenabled: false\n", f"\n{spreadsheet}\n"))
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(folder))
    monkeypatch.setenv("SELLEROPS_STATE_DIR", str(tmp_path / "state"))
    return folder


def everything() -> dict[str, str]:
    """Everything built from the configuration, as text by name."""
    made = {
        dag.dag_id: json.dumps(DagSerialization.serialize_dag(dag), sort_keys=True)
        for dag in (*build_all().dags, *checks_to_parse(), *build_exports()[0])
    }
    return made | {
        "accounts": repr(load_accounts()),
        "routes": repr(load_routes()),
        "limits": repr(load_rate_limits()),
        "spec of a task": repr(load_spec("report__amazon_sp__all_orders")),
    }


@pytest.mark.parametrize("name", FILES)
def test_damage_changes_no_dag_and_is_said_with_file_and_remedy(config: Path, name: str) -> None:
    sound, original = everything(), (config / name).read_bytes()
    assert len(sound) == len(SPECS) + 4 + 1 + 12
    assert all_problems() == []
    for kind, damage in DAMAGE.items():
        damage(config / name)
        assert everything() == sound, kind
        problems = all_problems()
        assert problems, kind
        (problem,) = problems
        assert problem.file == name, kind
        assert problem.is_kept, kind
        assert "Next:" in problem.text, kind
        assert "last valid version stays in use" in problem.text, kind
        assert "\0" not in problem.text, kind
        problem.text.encode()
        if (config / name).is_dir():
            (config / name).rmdir()
        (config / name).unlink(missing_ok=True)
        (config / name).write_bytes(original)
    assert all_problems() == []
    assert everything() == sound


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("family:", "familiy:"),
        ("schedule:", "accounts: [northwind_xx]\nschedule:"),
        ("schedule:", "marketplaces: [JP]\nschedule:"),
        ("schedule:", "start_date: yesterday\nschedule:"),
        ("schedule:", "retries: 99999999999\nschedule:"),
        ("family: ", f"family: {'x' * 200}"),
    ],
)
def test_a_wrong_value_keeps_the_dag_as_it_was(config: Path, old: str, new: str) -> None:
    sound, path = everything(), config / "reports" / "amazon_sp" / "all_orders.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert everything() == sound
    assert [problem.file for problem in all_problems()] == ["reports/amazon_sp/all_orders.yaml"]


def test_a_cron_that_is_never_due_keeps_the_dag_as_it_was(config: Path) -> None:
    sound, path = everything(), config / "reports" / "amazon_sp" / "settlements.yaml"
    lines = path.read_text().splitlines()
    lines = [
        'schedule: {cron: "0 0 31 2 *", timezone: UTC}' if line.startswith("schedule:") else line
        for line in lines
    ]
    path.write_text("\n".join(lines))
    assert everything() == sound
    (problem,) = all_problems()
    assert "never due" in problem.text


def test_a_copy_of_a_file_takes_nothing_from_the_original(config: Path) -> None:
    """Whatever its name, also one that sorts first."""
    sound, reports = everything(), config / "reports" / "amazon_sp"
    strange = os.fsdecode(b"\xff\xfe.yaml")
    names = ("all_orders copy.yaml", "a_copy.yaml", "all_orders.yml", strange, "x" * 200 + ".yaml", "-.yaml")
    for name in names:
        shutil.copy(reports / "all_orders.yaml", reports / name)
    (config / "reports" / "amazon_ads").mkdir()
    shutil.copy(reports / "all_orders.yaml", config / "reports" / "amazon_ads" / "all_orders.yaml")
    assert everything() == sound
    problems = all_problems()
    assert len(problems) == len(names) + 1
    for problem in problems:
        problem.text.encode()
        assert not problem.is_kept


def test_the_first_start_with_an_invalid_file_concerns_only_that_file(config: Path) -> None:
    (config / "reports" / "amazon_sp" / "all_orders.yaml").write_text("[" * 4096)
    dags = {dag.dag_id for dag in build_all().dags}
    assert dags == {f"report__amazon_sp__{name}" for name in SPECS[1:]}
    (problem,) = all_problems()
    assert not problem.is_kept
    assert "never been valid here" in problem.text


def test_an_exception_nobody_foresaw_concerns_only_its_spec(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellerops_airflow.dag_factory import reports as report_factory
    from sellerops_airflow.dag_factory import spec_check

    real = report_factory.deadline_of

    def failing(spec: object) -> object:
        if getattr(spec, "name", "") == "all_orders":
            raise ZeroDivisionError("surprise")
        return real(spec)  # type: ignore[arg-type]

    monkeypatch.setattr(report_factory, "deadline_of", failing)
    built = build_all()
    assert {dag.dag_id for dag in built.dags} == {f"report__amazon_sp__{name}" for name in SPECS[1:]}
    with pytest.raises(Exception, match=r"all_orders\.yaml: cannot be used: ZeroDivisionError: surprise"):
        spec_check.raise_for_invalid_specs()
    monkeypatch.undo()


def test_airflow_shows_the_file_the_line_and_the_remedy_and_keeps_all_dags(config: Path) -> None:
    def bag() -> DagBag:
        return DagBag(dag_folder=str(PROJECT_ROOT / "dags"))

    sound = bag()
    assert sound.import_errors == {}
    (config / "accounts.yaml").write_text("accounts:\n  northwind_na: {region: NA\n")
    (config / "notices.yaml").write_text("rules: [\n")
    damaged = bag()
    assert set(damaged.dag_ids) == set(sound.dag_ids)
    errors = {Path(path).name: text for path, text in damaged.import_errors.items()}
    assert set(errors) == {"report_specs_check.py", "notices_check.py"}
    assert "accounts.yaml:3" in errors["report_specs_check.py"]
    assert "Next: Correct the line" in errors["report_specs_check.py"]
    assert "last valid version stays in use" in errors["report_specs_check.py"]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_random_damage_to_a_spec_touches_no_other(config: Path, data: st.DataObject) -> None:
    path = config / "reports" / "amazon_sp" / "all_orders.yaml"
    kept = path.with_suffix(".origin")
    if not kept.exists():
        shutil.copy(path, kept)
        build_all()
    content = kept.read_bytes()
    start = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 200))
    path.write_bytes(content[:start] + data.draw(st.binary(max_size=60)) + content[start + length :])
    assert {dag.dag_id for dag in build_all().dags} == {f"report__amazon_sp__{name}" for name in SPECS}
