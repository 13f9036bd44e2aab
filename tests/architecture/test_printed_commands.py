"""Every command that is printed is one: its program, its subcommand and its options are there."""

from __future__ import annotations

import re

import pytest
from support.printed_commands import Printed, of_page, of_source, pages, parser_of, sources

from sellerops import cli
from sellerops.base.commands import PROGRAMS
from sellerops_runtime.home import PROJECT_ROOT

IN_PAGES = [each for path in pages() for each in of_page(path)]
IN_SOURCES = [each for path in sources() for each in of_source(path)]
# A value of an f-string is `x` here, which no option of these types takes.
_ANY_VALUE = re.compile(r"argument [^:]+: (invalid|'x'|not |no )")


def wrong_in(printed: Printed, capsys: pytest.CaptureFixture[str]) -> str:
    """What the program itself says against the command; empty: nothing."""
    if printed.program == "psql" or len(printed.words) == 1:
        return ""
    try:
        parser_of(printed).parse_args(list(printed.words[1:]))
    except SystemExit as ended:
        said = capsys.readouterr().err
        if ended.code in (0, None) or (not printed.is_whole and "arguments are required" in said):
            return ""  # --help, or a sentence that names the command without what it needs
        return said.strip().splitlines()[-1]
    return ""


def test_something_is_printed() -> None:
    for found, least in ((IN_PAGES, 60), (IN_SOURCES, 25)):
        assert len(found) >= least
        assert {each.program for each in found} >= {"sellerops", "sellerops-runtime", "airflow"}
    assert sum(each.is_whole for each in IN_PAGES) >= 30


@pytest.mark.parametrize("printed", IN_PAGES, ids=str)
def test_a_page_prints_what_can_be_typed(printed: Printed, capsys: pytest.CaptureFixture[str]) -> None:
    assert wrong_in(printed, capsys) == ""


@pytest.mark.parametrize("printed", IN_SOURCES, ids=str)
def test_a_message_prints_what_can_be_typed(printed: Printed, capsys: pytest.CaptureFixture[str]) -> None:
    said = wrong_in(printed, capsys)
    assert not said or ("x" in printed.words and _ANY_VALUE.search(said)), said


@pytest.mark.parametrize(
    "words",
    [
        ("sellerops", "quota", "--nothing"),
        ("sellerops", "ledger", "nothing"),
        ("sellerops", "nothing"),
        ("airflow", "backfill", "create", "--from", "2026-09-01"),
        ("airflow", "dags", "nothing"),
        ("sellerops-runtime", "nothing"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_found(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert wrong_in(Printed("here", words, True), capsys)


def test_no_other_form_is_printed() -> None:
    """`python -m sellerops`, or a bare `sellerops` in a page, would need environment variables that are not
    set.
    """
    bare = re.compile(
        rf"(python -m sellerops)|(?<=`)({'|'.join(PROGRAMS)})(?= [a-z])|^ *(sellerops|airflow) [a-z]", re.M
    )
    # Decision records mention commands that they removed.
    checked = [path for path in pages() if path.parent.name != "decisions"]
    found = {
        str(path.relative_to(PROJECT_ROOT)): match[0]
        for path in checked
        for match in [bare.search(path.read_text(encoding="utf-8"))]
        if match
    }
    assert found == {}
    in_sources = {
        str(path.relative_to(PROJECT_ROOT))
        for path in sources()
        if "python -m sellerops " in path.read_text(encoding="utf-8")
    }
    assert in_sources == set()


def test_a_message_names_the_program_too() -> None:
    """`tables migrate` alone cannot be typed."""
    names = [name for commands in cli.COMMANDS.values() for name in commands]
    short = re.compile(rf"(?<!`)`({'|'.join(names)}) [a-z]+[^`]*`(?!`)")
    found = {}
    for path in sources():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if (match := short.search(line)) and not line.lstrip().startswith(("#", '"""')):
                found[f"{path.relative_to(PROJECT_ROOT)}:{number}"] = match[0]
    assert found == {}
