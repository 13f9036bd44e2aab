from __future__ import annotations

import re
from pathlib import Path

from amazon_sandbox.__main__ import _parser
from amazon_sandbox.app import FAMILIES
from amazon_sandbox.control import routes as control
from amazon_sandbox.core.sandbox import Sandbox, operations
from amazon_sandbox.reports.data import SETTLEMENTS

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "sandbox.md").read_text()


def test_every_fault_of_the_menu_is_documented(sandbox: Sandbox) -> None:
    """With its options, and no other."""
    rows = dict(
        re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*)\|$", DOCS.split("## Make it fail")[1], re.MULTILINE)
    )
    assert set(rows) == set(sandbox.faults.menu)
    for name, kind in sandbox.faults.menu.items():
        assert set(re.findall(r"`(\w+)` \(", rows[name])) == set(kind.options), name


def test_every_operation_and_call_is_documented() -> None:
    """The coverage list is complete."""
    covered = DOCS.split("## What it covers")[1]
    assert [name for name in operations(FAMILIES) if f"`{name}`" not in covered] == []
    paths = {route.path for route in control.routes} - {"/_sandbox"}
    assert {path for path in paths if f"{path}`" not in covered} == set()


def test_documented_report_types_have_data(sandbox: Sandbox) -> None:
    documented = re.findall(r"^\| `(GET_\w+)` \|", DOCS, re.MULTILINE)
    assert len(documented) > 20
    assert set(documented) <= {*sandbox.simulation.report_types, SETTLEMENTS}


def test_every_option_of_the_command_line_is_documented() -> None:
    """Also the other way round."""
    known = {option for action in _parser()._actions for option in action.option_strings} - {"-h", "--help"}
    table = DOCS.split("## Try it")[0]
    assert set(re.findall(r"`(--[a-z-]+)`", table)) == known
