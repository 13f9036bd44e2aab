"""A wrong YAML disables only itself and its error names file, key and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellerops.base.errors import SpecError
from sellerops.settings.config_files import config_dir
from sellerops.settings.specs import PeriodKind, ReportSpec, load_spec, load_specs

VALID = """
report_type: GET_FBA_REIMBURSEMENTS_DATA
family: fulfilment
description: Reimbursements.
scope: account_region
schedule: {cron: "0 3 * * *", timezone: UTC}
period: {kind: range, clock: utc, lookback: 3d}
format: {kind: tsv}
tables:
  reimbursements:
    write_disposition: merge
    primary_key: [reimbursement_id]
    columns:
      reimbursement_id: {type: text, required: true}
      amount_total: decimal
"""


def write(root: Path, name: str, text: str) -> Path:
    path = root / "amazon_sp" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_specs_are_valid_and_none_is_left_out() -> None:
    specs, failures = load_specs()
    assert [failure.error for failure in failures] == []
    files = sorted(path for path in (config_dir() / "reports").glob("*/*.yaml") if path.stem != "defaults")
    assert [Path(spec.path) for spec in specs] == files
    assert len({spec.name for spec in specs}) == len(files), "a report is also called by its name alone"
    assert len(files) > 40


def test_a_content_is_validated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    validate = ReportSpec.model_validate
    monkeypatch.setattr(
        ReportSpec, "model_validate", lambda content: asked.append(content["name"]) or validate(content)
    )
    write(tmp_path, "same", VALID)
    changing = VALID.replace("reimbursements:", "others:")
    write(tmp_path, "changes", changing)
    before, _ = load_specs(tmp_path)
    write(tmp_path, "changes", changing.replace("3d", "4d"))
    after, _ = load_specs(tmp_path)
    assert asked == ["changes", "same", "changes"]
    assert before[1] == after[1]
    assert [spec.period.lookback.days for spec in (before[0], after[0])] == [3, 4]


def test_a_name_travels_from_file_to_dag() -> None:
    spec = load_spec("sales_and_traffic")
    assert spec.dag_id == "report__amazon_sp__sales_and_traffic"
    assert spec.period.kind is PeriodKind.DAY
    assert load_spec(spec.dag_id) == spec


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("family:", "familiy:", "familiy", "Did you mean 'family'"),
        ("lookback: 3d", "loockback: 3d", "period.loockback", "Did you mean 'lookback'"),
        ("lookback: 3d", "lookback: three", "period.lookback", "not a duration"),
        (
            "timezone: UTC",
            "timezone: Amerika/Berlin",
            "schedule.timezone",
            "unknown time zone 'Amerika/Berlin'",
        ),
        ('cron: "0 3 * * *"', 'cron: "0 3 * *"', "schedule", "not a cron expression"),
        (
            "scope: account_region",
            "scope: account_region\nmarketplaces: [UK]",
            "marketplaces",
            "Did you mean GB",
        ),
        (
            "primary_key: [reimbursement_id]",
            "primary_key: [reimbursment_id]",
            "tables.reimbursements",
            "not in `columns`",
        ),
        ("report_type: GET_FBA_REIMBURSEMENTS_DATA\n", "", "report_type", "missing"),
        (
            "amount_total: decimal",
            "amount_total: money",
            "tables.reimbursements.columns.amount_total.type",
            "decimal",
        ),
        ("amount_total: decimal", "Amount-Total: decimal", "tables.reimbursements", "snake_case"),
        ("kind: range", "kind: listing", "(whole file)", "need each other"),
        ("kind: tsv", "kind: json", "(whole file)", "`rows`"),
        ("family:", "destinations: [postgres, bigqeury]\nfamily:", "destinations", "postgres, bigquery"),
        ("family:", "destinations: []\nfamily:", "destinations", "at least 1"),
        ("family:", "destinations: [postgres, postgres]\nfamily:", "destinations", "listed twice"),
        ("family:", "queue: {loads: large}\nfamily:", "queue.loads", "Did you mean 'load'"),
        ("family:", 'queue: {load: "large,marts"}\nfamily:', "queue.load", "not the name of a queue"),
    ],
)
def test_an_error_names_file_key_and_remedy(tmp_path: Path, old: str, new: str, key: str, says: str) -> None:
    assert old in VALID
    path = write(tmp_path, "broken", VALID.replace(old, new))
    write(tmp_path, "sound", VALID.replace("  reimbursements:", "  others:"))
    specs, failures = load_specs(tmp_path)
    assert [spec.name for spec in specs] == ["sound"]
    (failure,) = failures
    message = str(failure.error)
    assert isinstance(failure.error, SpecError)
    assert str(path) in message and f"key `{key}`" in message and says in message and "Next:" in message


def test_rows_go_to_postgres_unless_a_spec_or_the_defaults_say_otherwise(tmp_path: Path) -> None:
    write(tmp_path, "plain", VALID)
    path = write(tmp_path, "both", VALID.replace("  reimbursements:", "  others:"))
    path.write_text(path.read_text(encoding="utf-8") + "destinations: [postgres, bigquery]\n")
    assert {spec.name: spec.destinations for spec in load_specs(tmp_path)[0]} == {
        "both": ("postgres", "bigquery"),
        "plain": ("postgres",),
    }
    (tmp_path / "defaults.yaml").write_text("destinations: [bigquery]\n")
    assert load_spec("plain", tmp_path).destinations == ("bigquery",)


def test_a_table_has_one_owner(tmp_path: Path) -> None:
    write(tmp_path, "first", VALID)
    second = write(tmp_path, "second", VALID)
    specs, failures = load_specs(tmp_path)
    assert [spec.name for spec in specs] == ["first"]
    assert "already filled by first.yaml" in str(failures[0].error) and str(second) in str(failures[0].error)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("report_type: [", "not valid YAML"),
        ("- a list", "not a mapping"),
        (VALID + "family: twice\n", "duplicate key"),
        (VALID + "name: mine\n", "from the path"),
    ],
)
def test_unreadable_files_name_the_place(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, "broken", text)
    _, failures = load_specs(tmp_path)
    assert says in str(failures[0].error) and str(path) in str(failures[0].error)


def test_an_undecodable_file_is_an_error_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path, "broken", VALID)
    path.write_bytes(VALID.encode() + b"# \xff\n")
    write(tmp_path, "sound", VALID)
    specs, failures = load_specs(tmp_path)
    assert [spec.name for spec in specs] == ["sound"] and "cannot be read" in str(failures[0].error)


def test_defaults_are_merged_one_level_deep(tmp_path: Path) -> None:
    (tmp_path / "defaults.yaml").write_text(
        "retries: 5\nrequest: {fresh_for: 1h, cooldown: 30m}\n", encoding="utf-8"
    )
    write(tmp_path, "one", VALID + "request: {fresh_for: 2h}\n")
    (spec,), _ = load_specs(tmp_path)
    assert (spec.retries, spec.request.fresh_for.seconds, spec.request.cooldown.seconds) == (5, 7200, 1800)


def test_a_report_may_change_one_of_its_queues(tmp_path: Path) -> None:
    write(tmp_path, "one", VALID + "queue: {load: large}\n")
    (spec,), _ = load_specs(tmp_path)
    assert (spec.queue.fetch, spec.queue.load) == ("default", "large")


def test_the_defaults_of_a_source_go_before_those_of_all_and_are_no_report(tmp_path: Path) -> None:
    (tmp_path / "defaults.yaml").write_text("retries: 5\nrequest: {fresh_for: 1h}\n", encoding="utf-8")
    write(tmp_path, "defaults", "retries: 7\nrequest: {cooldown: 30m}\n")
    write(tmp_path, "one", VALID + "request: {poll_every: 2m}\n")
    (spec,), failures = load_specs(tmp_path)
    assert failures == []
    request = spec.request
    assert (spec.retries, request.fresh_for.seconds, request.cooldown.seconds) == (7, 3600, 1800)
    assert request.poll_every.seconds == 120
    assert load_spec("one", tmp_path) == spec
    (tmp_path / "amazon_sp" / "defaults.yaml").write_text("retries: many\n", encoding="utf-8")
    assert [failure.path.stem for failure in load_specs(tmp_path)[1]] == ["one"]


def test_an_unknown_report_suggests_the_nearest() -> None:
    with pytest.raises(SpecError, match="Did you mean 'settlements'"):
        load_spec("setlements")


def test_every_spec_says_where_it_lies() -> None:
    specs, _ = load_specs()
    assert specs and all(Path(spec.path).is_relative_to(config_dir()) for spec in specs)
