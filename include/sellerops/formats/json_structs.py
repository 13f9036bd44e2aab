"""Builds msgspec Structs for the objects of a table's rows, from the paths known in the tree of nodes.

A Struct refuses unknown keys and saves a dict per row. Tables with a path whose value alone does not decide
its column are read from dicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from sellerops.formats.json_exact import decoder_of
from sellerops.formats.json_splitting import Block
from sellerops.formats.tree_nodes import Node

# Marks a key that an object lacks. A text that is really this character counts as absent, and the count of
# pairs reveals it. JSON does not escape the character, so columns can be encoded as JSON.
ABSENT = "\x7f"


@dataclass(frozen=True)
class Shape:
    """An object's Struct, and the node of each field by its position.

    ``empty``: an instance without any key.
    """

    struct: type[msgspec.Struct]
    leaves: list[tuple[int, Node]]
    inner: list[tuple[int, Node, Shape]]
    empty: msgspec.Struct

    @property
    def width(self) -> int:
        return len(self.leaves) + len(self.inner)


def shape_of(node: Node, sample: Any) -> Shape | None:
    """The shape of objects at ``node``; None if a value alone does not decide its column.

    ``sample``: such an object, for the order of its keys: msgspec looks for the next field first.
    """
    keys = {key: here for key, here in node.below.items() if here is not node and _is_plain(key)}
    if any(here.is_peculiar or here.is_elsewhere or here.leads_elsewhere for here in keys.values()):
        return None
    known = sample if isinstance(sample, Mapping) else {}
    order = {key: place for place, key in enumerate(known)}
    fields: list[tuple[str, Any, Any]] = []
    names: dict[str, str] = {}
    leaves: list[tuple[int, Node]] = []
    inner: list[tuple[int, Node, Shape]] = []
    for key in sorted(keys, key=lambda each: order.get(each, len(order))):
        here, kind = keys[key], cast(Any, Any)
        if here.below:
            shape = shape_of(here, known.get(key))
            if shape is None:
                return None
            inner.append((len(fields), here, shape))
            kind = shape.struct | None
        else:
            leaves.append((len(fields), here))
        names[f"f{len(fields)}"] = key
        fields.append((f"f{len(fields)}", kind, ABSENT))
    struct = msgspec.defstruct("Item", fields, rename=names, forbid_unknown_fields=True, gc=False)
    return Shape(struct, leaves, inner, struct())


def decoder_for(shape: Shape) -> Callable[[Block], list[Any]]:
    """A decoder for blocks whose items have the shape. It raises one of ``UNREAD``, also for an exponent."""
    return decoder_of(shape.struct, _plain_number)


def _plain_number(text: str) -> str:
    if "e" in text or "E" in text:
        raise ValueError("has an exponent")
    return text


def _is_plain(key: str) -> bool:
    """Whether a key can be a Struct field; any other key is unknown to the Struct."""
    return key.isprintable() and '"' not in key and "\\" not in key
