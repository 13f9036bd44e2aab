"""The demo's local BigQuery: an error when it is missing, and reports loaded into both destinations."""

from pathlib import Path

import pytest

from sellerops.settings.specs import load_spec, load_specs
from sellerops_runtime.errors import StartError
from sellerops_runtime.local_bigquery import LocalBigQuery, bigquery_settings, configure
from sellerops_runtime.settings import read_settings, substitute_variables


def test_a_missing_one_is_reported_with_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="the local BigQuery is not installed") as caught:
        LocalBigQuery(env={}, logs=tmp_path, run_dir=tmp_path, data=tmp_path / "data", venv=tmp_path)
    assert "make bigquery" in caught.value.remedy


def test_every_report_goes_to_both_and_is_otherwise_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {spec.dag_id: spec for spec in load_specs()[0]}
    assert before
    for _again in range(2):
        for name, value in configure(
            tmp_path / "config", Path(__file__).parents[3] / "include/config"
        ).items():
            monkeypatch.setenv(name, value)
        specs, failures = load_specs()
        assert failures == []
        assert {spec.dag_id for spec in specs} == set(before)
        for spec in specs:
            assert spec.destinations == ("postgres", "bigquery")
            same = spec.model_copy(update={"destinations": ("postgres",), "path": before[spec.dag_id].path})
            assert same == before[spec.dag_id]
    assert load_spec("settlements").path.startswith(str(tmp_path))


def test_its_connection_is_set_and_without_it_left_out() -> None:
    settings = read_settings()
    (found,) = [
        entry
        for entry in substitute_variables(settings, bigquery_settings()).settings.connections
        if entry.conn_id == "sellerops_bigquery"
    ]
    assert isinstance(found.conn_extra, dict)
    assert found.conn_extra["project"] == "local"
    assert found.conn_extra["is_anonymous"] == "true"
    assert "connection sellerops_bigquery" in substitute_variables(settings, {}).skipped
