"""The command line knows all its commands and imports only the one that is called."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from support.fresh import run_fresh

from sellerops import cli

NAMES = [name for commands in cli.COMMANDS.values() for name in commands]


def overview(parser: argparse.ArgumentParser) -> str:
    return parser.format_help()


@pytest.mark.parametrize("name", NAMES)
def test_the_overview_says_of_a_command_what_its_module_says(name: str) -> None:
    assert overview(cli.parser_for(name)) == overview(cli.parser_for(None))


def test_every_module_with_commands_is_known() -> None:
    modules = {
        path.stem
        for path in Path(cli.__file__).parent.glob("*.py")
        if path.stem != "__init__" and "\ndef add(" in path.read_text()
    }
    assert modules == set(cli.COMMANDS) and len(modules) > 10


def test_a_command_that_is_not_there_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    for call in (["nothing"], []):
        with pytest.raises(SystemExit) as caught:
            cli.main(call)
        assert caught.value.code == 2
    assert "command" in capsys.readouterr().err


def test_help_imports_no_driver() -> None:
    code = (
        "import sys\nfrom sellerops.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = run_fresh(code)
    loaded = done.stderr
    assert "'sellerops'" in loaded and "gaps" in done.stdout
    for driver in ("numpy", "pyarrow", "pydantic", "psycopg", "httpx", "yaml"):
        assert f"'{driver}'" not in loaded
