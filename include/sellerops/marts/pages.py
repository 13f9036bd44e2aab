"""Generates the page about all marts: what each answers, and its grain, inputs and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sellerops.marts.dialects import translate
from sellerops.marts.specs import GROUPS, MartSpec
from sellerops.marts.trees import marked

_HEAD = """\
# Tables of marts

Generated from the headers of [include/marts](../include/marts) by `make docs`. How they are built:
[marts.md](marts.md).
"""


def marts_page(marts: Sequence[MartSpec]) -> str:
    """The text of docs/mart-tables.md."""
    page = "\n".join([_HEAD, *(line for group in GROUPS for line in _group(group, marts))])
    return page.replace("`sellerops ", "`bin/sellerops ")  # as in every page of docs


def sql_in(mart: MartSpec, dialect: str) -> str:
    """The mart's SELECT in a dialect, with placeholder names for its inputs."""
    return translate(marked(mart.sql), dialect, where=mart.path)


def dialect_files(marts: Sequence[MartSpec], dialect: str) -> dict[str, str]:
    """The SELECTs of the marts in a dialect, by the names of their files in tests/golden/marts."""
    return {f"{mart.name}.{dialect}.sql": sql_in(mart, dialect) + "\n" for mart in marts if not mart.computed}


def _group(group: str, marts: Sequence[MartSpec]) -> Iterator[str]:
    own = [mart for mart in marts if mart.group == group]
    if not own:
        return
    yield f"## {group.capitalize()}\n"
    for mart in own:
        yield f"### {mart.name}\n\n{mart.description}\n"
        inputs = ", ".join(f"`{name}`" for name in mart.inputs)
        yield f"One row per {', '.join(mart.grain)}. Reads {inputs}.\n"
        yield "| column | type | unit | meaning |\n| --- | --- | --- | --- |"
        for name, column in mart.columns.items():
            text = column.description.replace("|", "\\|").replace("\n", " ")
            yield f"| `{name}` | {column.type.value} | {column.unit} | {text} |"
        if mart.tests:
            yield "\nTests: " + " ".join(f"{_sentence(test.description)}" for test in mart.tests.values())
        yield ""


def _sentence(text: str) -> str:
    return text.strip().rstrip(".") + "."
