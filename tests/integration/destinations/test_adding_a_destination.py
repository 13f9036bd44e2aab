"""Adding a destination touches its folder and one line: everything else finds it by its name."""

from __future__ import annotations

import io
import json
import shutil
import tokenize
from pathlib import Path

import pytest
from integration.destinations.documents import Doc, day_slice, tsv
from support.airflow_home import PROJECT_ROOT

from sellerops.cli import main
from sellerops.destinations import ConnectionValues, open_destination
from sellerops.destinations.registry import open_row_source
from sellerops.exports import ExportSpec
from sellerops.preflight.connections import required_connections
from sellerops.settings.config_files import config_dir
from sellerops.settings.known_destinations import DESTINATIONS, KnownDestination
from sellerops.settings.specs import load_spec
from sellerops_airflow.hooks.destinations import address_of, modules_of

REPORT = "fba_customer_returns"
EXPORT = {
    "name": "e", "path": "e.yaml", "description": "Returns.", "spreadsheet_id": "x" * 30, "range": "A!A1",
    "destination": "json_lines",
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is added outside the destination's own module."""
    line = KnownDestination("integration.destinations.json_lines:JsonLinesDestination")
    monkeypatch.setitem(DESTINATIONS, "json_lines", line)


@pytest.fixture(autouse=True)
def address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, conninfo: str) -> ConnectionValues:
    """What a user sets up: the Airflow connection, and a rule. Commands also need the ledger's address."""
    extra = {"folder": str(tmp_path / "tables")}
    connection = {"conn_type": "generic", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SELLEROPS_JSON_LINES", json.dumps(connection))
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    config = tmp_path / "config"
    shutil.copytree(config_dir(), config)
    rule = f"rules:\n  - {{reports: {REPORT}, destinations: [postgres, json_lines]}}\n"
    (config / "destinations.yaml").write_text(rule, encoding="utf-8")
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(config))
    return ConnectionValues(extra=extra)


def test_rules_preflight_and_tasks_know_it(address: ConnectionValues, conninfo: str) -> None:
    assert load_spec(REPORT).all_destinations == ("postgres", "json_lines")
    wanted = {each.conn_id: each.kind for each in required_connections()}
    assert wanted["sellerops_json_lines"] == "Generic"
    assert address_of("json_lines", conninfo) == address
    assert modules_of("json_lines") == ["integration.destinations.json_lines"]


def test_commands_take_its_name_and_name_what_it_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["tables", "migrate", REPORT], ["personal", "landed", "--report", REPORT]):
        assert main([*command, "--destination", "json_lines"]) == 1
        assert "the destination json_lines cannot" in capsys.readouterr().err


def test_an_export_reads_what_was_loaded(address: ConnectionValues, conninfo: str) -> None:
    spec = load_spec(REPORT)
    table = next(iter(spec.tables))
    destination = open_destination("json_lines", address, ledger=conninfo)
    lines = tsv(["return-date", "order-id", "sku", "quantity"], [["2026-11-18T01:00:00Z", "1", "A", 1]])
    (result,) = Doc(spec, day_slice(spec, "2026-11-18"), lines).load_into(destination)
    export = ExportSpec.model_validate({**EXPORT, "table": f"{spec.source}.{table}", "columns": ["sku"]})
    with open_row_source("json_lines", address).open(export) as found:
        assert (found.names, list(found.rows), result.stored) == (("sku",), [["A"]], 1)


@pytest.mark.parametrize("name", sorted(set(DESTINATIONS) - {"postgres"}))
def test_code_elsewhere_names_no_destination(name: str) -> None:
    """Postgres aside, which also has the ledger. Comments and examples in texts may name any."""
    own = (f"sellerops/destinations/{name}/", f"hooks/{name}.py")
    found = set()
    for path in (*PROJECT_ROOT.glob("include/sellerops/**/*.py"), *PROJECT_ROOT.glob("plugins/**/*.py")):
        relative = path.relative_to(PROJECT_ROOT).as_posix()
        if not any(part in relative for part in own) and any(name in word for word in words(path)):
            found.add(relative)
    assert found == {
        "include/sellerops/settings/known_destinations.py",
        "plugins/sellerops_airflow/hooks/destinations.py",
    }


def words(path: Path) -> list[str]:
    """Names, and strings of one word, in lower case."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    found = [token.string for token in tokens if token.type in (tokenize.NAME, tokenize.STRING)]
    return [text.lower() for text in found if " " not in text]
