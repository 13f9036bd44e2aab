"""Many elements of an XML document at once: a piece between two borders, parsed by libxml2.

A piece is taken only when it is nothing but whole elements of one name; everything else is refused and left
to the reader of ``xml_stream``, which also says what is wrong with it. A wrong cut cannot pass: within a
comment or a CDATA section, or through an element, it leaves markup that does not close.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from sellerops.limits import MAX_DEPTH

TEXT = ""


class TooDeep(Exception):
    """Elements are nested deeper than is read."""


class Pieces:
    """Reads pieces of one document: runs of the elements at ``path`` (names below the root).

    ``names``: the further names down to the elements that are given. ``namespaces``: prefix to address, as
    declared around the pieces.
    """

    def __init__(self, path: Sequence[str], names: Sequence[str], namespaces: Mapping[str, str]) -> None:
        declared = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in namespaces.items())
        self._begin = f"<piece{declared}>".encode()
        self._name = path[-1]
        self._names = tuple(names)
        # The levels that are left below the root and the path's elements.
        self._room = MAX_DEPTH - len(path) - 1

    def read(self, piece: bytes) -> list[Any] | None:
        """The elements in their order, as ``xml_stream`` gives them; None when it must read the piece."""
        try:
            root = etree.fromstring(self._begin + piece + b"</piece>", _parser())
            if any(local(child.tag) != self._name for child in root):
                return None
            return [content(each, self._room - len(self._names)) for each in self._below(root)] or None
        except (etree.XMLSyntaxError, TooDeep):
            return None

    def _below(self, root: Any) -> Iterator[Any]:
        found = iter(root)
        for name in self._names:
            found = (child for each in found for child in each if local(child.tag) == name)
        return found


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2] if name[0] == "{" else name


def content(element: Any, room: int) -> Any:
    """An element as a JSON value would be. TooDeep when more than ``room`` levels are below it."""
    attributes = element.items()
    if not len(element) and not attributes:
        return element.text or None
    if len(element) and room <= 0:
        raise TooDeep
    found: dict[str, Any] = {f"@{local(name)}": value for name, value in attributes}
    text = element.text or ""
    texts = [text.strip() if len(element) else text] if text.strip() else []
    for child in element:
        name, tail = child.tag, child.tail
        if name[0] == "{":
            name = local(name)
        value = content(child, room - 1) if len(child) or child.keys() else child.text or None
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
        if tail and not tail.isspace():
            texts.append(tail)
    return {**found, TEXT: "".join(texts)} if texts else found


def _parser() -> Any:
    """Made anew for each piece: it keeps what it read. No document type can stand within an element."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
