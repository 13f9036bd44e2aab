"""Every command that documentation, configuration and messages print."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path

from sellerops import cli
from sellerops.base.commands import PROGRAMS
from sellerops_runtime.__main__ import _parser as runtime_parser
from sellerops_runtime.home import PROJECT_ROOT

# What stands for a value in a page, and a value that fits.
FILLED = {
    "<report>": "all_orders",
    "<name>": "all_orders",
    "<URI>": "file:///archive",
    "COMMAND": "quota",
}
_PROGRAM = "|".join(map(re.escape, (*PROGRAMS, "psql")))
_COMPOSE = r"docker compose (?:exec (?:airflow-scheduler|postgres)|run --rm (?:airflow-init|backup)) "
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
# What a source has that prints a command; reading all sources as Python takes seconds.
_PRINTS = re.compile(rf"typed\(|`(?:{_PROGRAM})\b")
_TYPED = re.compile(rf"(?:DEMO_HOME=\S+ )?(?:bin/|{_COMPOSE})((?:{_PROGRAM})(?:\s.*)?)$", re.DOTALL)
_CANONICAL = re.compile(rf"((?:{_PROGRAM})(?:\s.*)?)$", re.DOTALL)


@dataclass(frozen=True)
class Printed:
    """A command as printed at ``place``. ``is_whole``: to be typed as it stands, not a name in a sentence."""

    place: str
    words: tuple[str, ...]
    is_whole: bool

    @property
    def program(self) -> str:
        return self.words[0]

    def __str__(self) -> str:
        return f"{self.place}: {shlex.join(self.words)}"


def pages() -> list[Path]:
    """Documentation, and configuration with comments."""
    found = [*PROJECT_ROOT.glob("*.md"), *(PROJECT_ROOT / "docs").rglob("*.md")]
    return sorted([*found, *(PROJECT_ROOT / "include" / "config").rglob("*.yaml")])


def sources() -> list[Path]:
    roots = ("include/sellerops", "include/sellerops_runtime", "plugins", "dags")
    return sorted(path for root in roots for path in (PROJECT_ROOT / root).rglob("*.py"))


def of_page(path: Path) -> Iterator[Printed]:
    """Lines of code blocks, and code within sentences."""
    text = path.read_text(encoding="utf-8")
    place = str(path.relative_to(PROJECT_ROOT))
    for _, block in _FENCE.findall(text):
        for line in block.splitlines():
            if found := _TYPED.match(line.strip()):
                yield Printed(place, _words(found[1], comments=True), True)
    for code in _CODE.findall(re.sub(r"\n[# ]*", " ", _FENCE.sub("", text))):
        if found := _TYPED.match(code):
            yield Printed(place, _words(found[1]), False)


def of_source(path: Path) -> Iterator[Printed]:
    """Code in backticks within strings, and arguments of ``typed``; values of f-strings are `x`."""
    text = path.read_text(encoding="utf-8")
    if not _PRINTS.search(text):
        return
    place = str(path.relative_to(PROJECT_ROOT))
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "typed":
            yield Printed(place, _words(_text(node.args[0])), True)
    for string in _strings(tree):
        for code in _CODE.findall(re.sub(r"\s+", " ", string.replace("``", "`"))):
            if found := _CANONICAL.match(code):
                yield Printed(place, _words(found[1]), False)


def parser_of(printed: Printed) -> argparse.ArgumentParser:
    """The parser of its program."""
    command = printed.words[1] if printed.program == "sellerops" and len(printed.words) > 1 else None
    return _parser(printed.program, command)


@cache
def _parser(program: str, command: str | None) -> argparse.ArgumentParser:
    """Made once: pages print some commands dozens of times, and airflow's parser takes seconds to make."""
    if program == "sellerops":
        return cli.parser_for(command)
    if program == "sellerops-runtime":
        return runtime_parser()
    from airflow.cli.cli_parser import get_parser

    return get_parser()


def is_complete(printed: Printed) -> bool:
    """Whether its program takes it as it stands."""
    if printed.program == "psql":
        return printed.is_whole
    with redirect_stderr(StringIO()), redirect_stdout(StringIO()):
        try:
            parser_of(printed).parse_args(list(printed.words[1:]))
        except SystemExit as ended:
            return not ended.code
    return True


def _strings(tree: ast.AST) -> Iterator[str]:
    """Each string once: the parts of an f-string, or of a sum, are no strings of their own."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Constant):
            yield _text(node)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return "x"


def _words(command: str, *, comments: bool = False) -> tuple[str, ...]:
    filled = command
    for placeholder, value in FILLED.items():
        filled = filled.replace(placeholder, value)
    return tuple(word for word in shlex.split(filled, comments=comments) if word != "...")
