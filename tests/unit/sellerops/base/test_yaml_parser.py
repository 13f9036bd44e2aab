"""A text is parsed once, and every reader gets its own copy of the values."""

from __future__ import annotations

import pytest

from sellerops.base import yaml_parser
from sellerops.base.yaml_parser import YamlError, parse_yaml

TEXT = "shared: &shared {a: [1, 2.50, 2026-11-20]}\nagain: *shared\n"


def test_a_text_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = parse_yaml(TEXT + "# one of its own\n")
    monkeypatch.setattr(yaml_parser, "_check_bounds", lambda text: pytest.fail("parsed again"))
    assert parse_yaml(TEXT + "# one of its own\n") == first


def test_what_one_reader_changes_no_other_sees() -> None:
    before = repr(parse_yaml(TEXT))
    mine = parse_yaml(TEXT)
    mine["shared"]["a"].append(3)
    mine["own"] = True
    assert repr(parse_yaml(TEXT)) == before


def test_a_text_that_cannot_be_used_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(YamlError, match="duplicate key"):
            parse_yaml("a: 1\na: 2\n")
