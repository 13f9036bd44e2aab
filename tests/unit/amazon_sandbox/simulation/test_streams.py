"""Random streams: what the same key gives."""

from __future__ import annotations

import pytest

from amazon_sandbox.simulation.streams import Key, Root, uniforms


@pytest.mark.parametrize("key", [(7,), (7, "northwind_na", "US", 739000)])
def test_a_root_and_the_rest_of_a_key_give_what_the_whole_key_gives(key: tuple[Key, ...]) -> None:
    root = Root(*key)
    for rest in ("NW-00012",), ("NW-00012", "demand"), ("",):
        assert root.uniforms(*rest) == uniforms(*key, *rest)
    assert len(set(root.uniforms("a"))) == 8
