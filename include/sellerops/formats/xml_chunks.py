"""Parses many elements of an XML document at once: a chunk between two element ends, with libxml2.

A chunk is accepted only if it consists of whole elements of one name; anything else is left to
``xml_stream``, which also reports what is wrong. A wrong cut cannot pass: inside a comment, a CDATA section
or an element it leaves markup that does not close.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from sellerops.base.limits import MAX_DEPTH, MOST_PLACES

TEXT = ""
# libxml2 keeps every name it has read until the thread ends; these introduce names that are not counted here.
_UNSEEN_NAMES = (b"xmlns", b"<?")
_MOST_REFUSED = 100


class NotChunkable(Exception):
    """Raised if a chunk contains something that must be read event by event."""


class ChunkParser:
    """Parses chunks of one document: runs of the elements at ``path`` (names below the root).

    ``names``: further names down to the elements to return. ``namespaces``: prefix to URI, as declared in the
    enclosing elements.
    """

    def __init__(self, path: Sequence[str], names: Sequence[str], namespaces: Mapping[str, str]) -> None:
        declared = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in namespaces.items())
        self._begin = f"<chunk{declared}>".encode()
        self._name = path[-1]
        self._path = tuple(names)
        # Levels left below the root, the path's elements and those of ``names``.
        self._room = MAX_DEPTH - 1 - len(path) - len(names)
        self._refused = 0
        self._names: set[str] = set()

    def read(self, chunk: bytes) -> list[Any] | None:
        """The elements in order, as ``xml_stream`` would yield them; None if it must read the chunk."""
        if self._refused >= _MOST_REFUSED or len(self._names) > MOST_PLACES:
            return None
        try:
            return self._elements(chunk)
        except (etree.XMLSyntaxError, NotChunkable):
            self._refused += 1
            return None

    def _elements(self, chunk: bytes) -> list[Any]:
        if any(sign in chunk for sign in _UNSEEN_NAMES):
            raise NotChunkable
        below: list[Any] = list(etree.fromstring(self._begin + chunk + b"</chunk>", _parser()))
        if any(child.tag != self._name for child in below):
            raise NotChunkable
        for name in self._path:
            below = [child for each in below for child in self._children(each, name)]
        if not below:
            raise NotChunkable
        return [content(each, self._room, self._names) for each in below]

    def _children(self, element: Any, name: str) -> Iterator[Any]:
        """The children named ``name``. Other children are skipped and must be plain text elements."""
        self._names.update(element.keys())
        for child in element:
            if local(child.tag) == name:
                yield child
                continue
            if len(child) or child.keys():
                raise NotChunkable
            self._names.add(child.tag)


def local(name: str) -> str:
    """``name`` without its namespace."""
    return name.rpartition("}")[2] if name[0] == "{" else name


def content(element: Any, room: int, names: set[str]) -> Any:
    """An element as a JSON-like value; names in it are added to ``names``. Raises NotChunkable if it is
    nested more than ``room`` levels deep.
    """
    attributes = element.items()
    if not len(element) and not attributes:
        return element.text or None
    if len(element) and room <= 0:
        raise NotChunkable
    found: dict[str, Any] = {f"@{local(name)}": value for name, value in attributes}
    text = element.text or ""
    texts = [text.strip() if len(element) else text] if text.strip() else []
    for child in element:
        name, tail = child.tag, child.tail
        if name[0] == "{":
            name = local(name)
        is_leaf = not (len(child) or child.keys())
        value = child.text or None if is_leaf else content(child, room - 1, names)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
        if tail and not tail.isspace():
            texts.append(tail)
    names.update(found)
    return {**found, TEXT: "".join(texts)} if texts else found


def _parser() -> Any:
    """A new parser for each chunk, since it keeps what it has read."""
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
