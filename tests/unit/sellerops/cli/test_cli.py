"""The command line knows all its commands and imports only the one that is called."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from support.fresh import run_fresh

from sellerops import cli
from sellerops.base.errors import RetryableError, SellerOpsError, TableInUse
from sellerops.cli.tables import print_table

NAMES = [name for commands in cli.COMMANDS.values() for name in commands]


def overview(parser: argparse.ArgumentParser) -> str:
    return parser.format_help()


@pytest.mark.parametrize("name", NAMES)
def test_the_overview_says_of_a_command_what_its_module_says(name: str) -> None:
    assert overview(cli.parser_for(name)) == overview(cli.parser_for(None))


def _arguments(parser: argparse.ArgumentParser, path: str) -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                assert below.description, f"{path} {name}"
                yield from _arguments(below, f"{path} {name}")
        else:
            yield f"{path} {action.option_strings or action.dest}", action


@pytest.mark.parametrize("name", NAMES)
def test_help_explains_every_argument(name: str) -> None:
    (commands,) = (
        action for action in cli.parser_for(name)._actions if isinstance(action, argparse._SubParsersAction)
    )
    found = list(_arguments(commands.choices[name], name))
    assert found
    assert [place for place, action in found if not action.help] == []


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


@pytest.mark.parametrize("text", ["2026-9-1", "2026-13-01", "yesterday", ""])
def test_an_invalid_date_shows_the_format(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["ledger", "slices", "--from", text])
    assert caught.value.code == 2
    assert f"{text!r} is not a valid date; use YYYY-MM-DD" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["quota"], "Start `make demo` in another terminal"),
        (["checks", "run"], "export SELLEROPS_READER="),
        (["ledger", "adopt-archive"], "SELLEROPS_WAREHOUSE"),
        (["replay", "--report", "all_orders"], "add --archive <URI>"),
        (["connections", "test"], "Start `make demo` in another terminal"),
        (["specs", "show", "all_order"], "Did you mean 'all_orders'?"),
        (["settling-time", "--account", "nobody"], "northwind_na"),
        (["notices", "routes", "--family", "order"], "unknown report family 'order'"),
        (["ads", "profiles", "--account", "nobody"], "unknown account 'nobody'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_an_error_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], call: list[str], said: str
) -> None:
    for name in [name for name in os.environ if name.startswith(("AIRFLOW_", "SELLEROPS_"))]:
        monkeypatch.delenv(name)
    assert cli.main(call) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: ") and said in told
    assert len(told.splitlines()) == 1


def test_a_former_name_still_works_and_names_the_new_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.RENAMED
    for former, name in cli.RENAMED.items():
        with pytest.raises(SystemExit) as caught:
            cli.main([former, "--help"])
        assert caught.value.code == 0
        printed = capsys.readouterr()
        assert f"sellerops {name}" in printed.out
        assert printed.err == f"warning: `{former}` is now `{name}`; the old name will be removed.\n"


def test_an_invalid_address_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", "nonsense")
    assert cli.main(["quota"]) == 1
    assert "$SELLEROPS_WAREHOUSE: is not a Postgres address" in capsys.readouterr().err


def test_what_airflow_would_repeat_a_person_repeats(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error in (
        RetryableError("Busy."),
        TableInUse("Busy.", remedy="Airflow retries automatically. Or wait."),
    ):

        def fail(_: argparse.Namespace, error: SellerOpsError = error) -> int:
            raise error

        monkeypatch.setattr("sellerops.cli.quota._quota", fail)
        assert cli.main(["quota"]) == 1
        told = capsys.readouterr().err
        assert "Run the command again." in told and "Airflow" not in told


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_fits_the_terminal_and_is_whole_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("all_orders", 1_234, "Amazon's words are long " * 8, None), ("settlements", 5, "short", None)]
    printed = {}
    for kind in (_Terminal, StringIO):
        output = kind()
        monkeypatch.setattr("sys.stdout", output)
        monkeypatch.setenv("COLUMNS", "100")
        print_table(("report", "rows", "why", "note"), rows, empty="-", optional=("note",))
        printed[kind] = output.getvalue().splitlines()
    assert max(map(len, printed[_Terminal])) <= 100
    assert len(printed[StringIO]) == 3
    assert " ".join("\n".join(printed[_Terminal]).split()).count("Amazon's words are long") >= 5
    assert "note" not in printed[StringIO][0]


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
