"""Streams XML element by element: only the part with the current row is in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from sellerops.base.errors import DocumentDamaged, LimitExceeded, UnreadableDocument
from sellerops.base.limits import LONGEST_ITEM, MAX_DEPTH, megabytes
from sellerops.formats.sniff import Document
from sellerops.formats.trees import Unit
from sellerops.formats.xml_encoding import Utf8

if TYPE_CHECKING:
    from sellerops.formats.xml_chunks import ChunkParser

CHUNK = 1 << 16
TEXT = ""
# Other elements, remembered for the error message if there are no rows at all.
_MOST_OTHERS, _LONGEST_NAME = 50, 200


class XmlUnits:
    """Yields the elements at the first ``depth`` names of ``rows`` below the root, as objects.

    An element with only text becomes its text; any other becomes an object of its children and attributes
    (``@name``), with its own text under the empty key. Children of the same name become a list. Namespaces
    are dropped. A document type is refused: no report has one, and entities can name files or exhaust memory.
    """

    def __init__(
        self,
        document: Document,
        rows: Sequence[str],
        depth: int,
        wanted: Sequence[set[str]],
        where: str,
    ) -> None:
        """``wanted``: its first entry has the names below the root, next to the rows, that columns read."""
        self._text = Utf8(document, where)
        self._rows = tuple(rows[:depth])
        self._wanted = wanted[0] if wanted else set()
        self._where = where
        self._open: list[str] = []
        self._builder: TreeBuilder | None = None
        self._built_at = 0
        self._outer: dict[str, Any] = {}
        self._others: Counter[str] = Counter()
        self._ready: list[Unit] = []
        self._given = False
        self._part_began = 0
        self._fed = 0
        # How often each level on the path to the rows occurred; and of consecutive elements, once known:
        # their level, their end tag, and where the last one ended.
        self._seen = [0] * (depth + 1)
        self._level, self._end_tag, self._ended = 0, b"", -1
        self._namespaces: dict[str, str] = {}
        self._chunks: ChunkParser | None = None
        self._parser = self._made_parser()

    def __iter__(self) -> Iterator[Unit]:
        waiting, ended = b"", False
        while not ended:
            # Before 2.6, expat rereads an unfinished tag or comment with each chunk: make chunks grow with
            # it.
            data = self._text.read(max(CHUNK, self._fed - self._parser.CurrentByteIndex))
            ended = not data
            waiting += data
            end = self._end_of_whole(waiting)
            yield from self._read(waiting[:end])
            waiting = waiting[end:]
        yield from self._read(waiting)
        self._feed(b"", ended=True)
        if not self._given and any(count > 1 for count in self._others.values()):
            raise UnreadableDocument(
                f"it has no elements `{'.'.join(self._rows)}`; it has {', '.join(sorted(self._others))}.",
                where=self._where,
            )

    def _end_of_whole(self, data: bytes) -> int:
        """The end of the last complete element in ``data``; all of it if there is none."""
        place = data.rfind(self._end_tag) if self._end_tag else -1
        return len(data) if place < 0 else place + len(self._end_tag)

    def _read(self, data: bytes) -> list[Unit]:
        """The parts that end in ``data``: parsed as a chunk if it consists of whole parts, else by events."""
        found = self._chunks.read(data) if self._chunks and self._stands_between(data) else None
        if found is not None:
            # Feed expat as many lines and columns of blanks, to keep the positions in its messages right.
            last = len(data) - 1 - data.rfind(b"\n")
            self._feed(b"\n" * data.count(b"\n") + b" " * last)
            self._ended = self._fed
            outer = self._outer_of_rows()
            return [_unit(value, outer) for value in found]
        if data:
            self._feed(data)
        ready, self._ready = self._ready, []
        if self._chunks is None:
            self._learn()
        return ready

    def _stands_between(self, data: bytes) -> bool:
        """Whether ``data`` begins right after an element's end tag and ends with one."""
        return self._ended == self._fed and data.endswith(self._end_tag)

    def _learn(self) -> None:
        """Find the level to cut at: the outermost element on the path to the rows that occurred twice."""
        level = next((level for level, count in enumerate(self._seen) if count > 1), 0)
        if not level or self._rows[0] in self._wanted:
            return
        from sellerops.formats.xml_chunks import ChunkParser

        self._level, self._end_tag = level, f"</{self._rows[level - 1]}>".encode()
        self._chunks = ChunkParser(self._rows[:level], self._rows[level:], self._namespaces)

    def _feed(self, data: bytes, *, ended: bool = False) -> None:
        self._fed += len(data)
        try:
            self._parser.Parse(data, ended)
        except expat.ExpatError as error:
            raise self._broken(error, ended) from error
        self._refuse_long(self._fed, self._parser.CurrentByteIndex)

    def _refuse_long(self, read: int, parsed: int) -> None:
        """Raise LimitExceeded if an unfinished part or markup in memory is too long."""
        if read - (self._part_began if self._builder is not None else max(parsed, 0)) > LONGEST_ITEM:
            raise LimitExceeded(
                f"an element is longer than {megabytes(LONGEST_ITEM)}, or is never closed.",
                where=self._where,
                limit="LONGEST_ITEM",
            )

    def _made_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding="utf-8", namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        return parser

    def _refuse_doctype(self, name: str, *_: Any) -> None:
        raise UnreadableDocument(
            f"it declares a document type ({name}), which no report has.", where=self._where
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise LimitExceeded(
                f"its elements are nested more than {MAX_DEPTH} levels deep.",
                where=self._where,
                limit="MAX_DEPTH",
            )
        self._open.append(_local(tag))
        if self._builder is None:
            self._start_outside(tuple(self._open[1:]))
        if self._builder is not None:
            self._builder.start(_local(tag), {_local(key): value for key, value in attributes.items()})

    def _start_outside(self, path: tuple[str, ...]) -> None:
        """Handle an element outside any part; it may begin one."""
        is_on_the_way = bool(path) and path == self._rows[: len(path)]
        if is_on_the_way:
            self._seen[len(path)] += 1
        is_part = path == self._rows
        if is_part or (len(path) == 1 and path[0] in self._wanted):
            self._builder, self._built_at = TreeBuilder(), len(self._open)
            self._part_began = self._parser.CurrentByteIndex
            self._refuse_late(is_part, path)
        elif path and not is_on_the_way and len(self._others) < _MOST_OTHERS:
            self._others[".".join(path)[:_LONGEST_NAME]] += 1

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        """Record a namespace declared around the rows."""
        if prefix and self._builder is None:
            self._namespaces[prefix] = uri or ""

    def _refuse_late(self, is_part: bool, path: Sequence[str]) -> None:
        if self._given and not is_part:
            raise UnreadableDocument(
                f"`{'.'.join(path)}`, which every row needs, comes after the rows.", where=self._where
            )

    def _end(self, tag: str) -> None:
        if self._builder is not None:
            self._builder.end(_local(tag))
            if len(self._open) == self._built_at:
                self._take(_object(self._builder.close()))
                self._builder = None
        if len(self._open) == self._level + 1 and tuple(self._open[1:]) == self._rows[: self._level]:
            self._ended = self._parser.CurrentByteIndex + len(self._end_tag)
        self._open.pop()

    def _data(self, text: str) -> None:
        if self._builder is not None:
            self._builder.data(text)

    def _take(self, value: Any) -> None:
        path = tuple(self._open[1:])
        if path == self._rows:
            self._given = True
            self._ready.append(_unit(value, self._outer_of_rows()))
        else:
            self._outer[path[0]] = value

    def _outer_of_rows(self) -> list[Mapping[str, Any]]:
        return [self._outer, *({} for _ in self._rows[1:])]

    def _broken(self, error: expat.ExpatError, ended: bool) -> DocumentDamaged | UnreadableDocument:
        if ended:
            return DocumentDamaged("the XML document ends early.", where=self._where)
        return UnreadableDocument(f"it is not valid XML: {error}.", where=self._where)


def _unit(value: Any, outer: Sequence[Mapping[str, Any]]) -> Unit:
    return Unit(value if isinstance(value, dict) else {TEXT: value}, outer)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _object(element: Element) -> Any:
    """An element as a JSON-like value."""
    text = (element.text or "").strip() if len(element) else (element.text or "")
    if not len(element) and not element.attrib:
        return text or None
    content: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    texts = [text] if text.strip() else []
    for child in element:
        value = _object(child)
        if child.tag not in content:
            content[child.tag] = value
        elif isinstance(content[child.tag], list):
            content[child.tag].append(value)
        else:
            content[child.tag] = [content[child.tag], value]
        if child.tail and child.tail.strip():
            texts.append(child.tail)
    return {**content, TEXT: "".join(texts)} if texts else content
