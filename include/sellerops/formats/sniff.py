"""Inspects a document's first bytes: is it packed twice, a web page, an error message or empty?"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Mapping
from typing import Any, BinaryIO

from sellerops.base.errors import DocumentDamaged, LimitExceeded, NotTheReport, UnreadableDocument
from sellerops.base.gunzip import GZIP_ERRORS, open_gzip
from sellerops.base.limits import MAX_UNPACK_RATIO, SURELY_SMALL
from sellerops.base.redaction import redact

_PEEK = 1 << 16
_XML_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body", b"<error")
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")
# UTF-32 first: its little-endian mark begins with UTF-16's.
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Keys of JSON error answers, and those of them that give the reason.
_ERROR_KEYS = {"errors", "errorDetails", "errorMessage", "error", "message", "code", "details", "requestId"}
_TELLING = ("code", "message", "errorDetails", "errorMessage", "error", "details")
_MOST_WORDS = 300


class Document:
    """A document's bytes: without byte order mark, UTF-16 converted to UTF-8, unpacked again if packed twice.

    ``charset``: from the byte order mark (or a declared UTF-16), else None; ``declared``: from the download's
    Content-Type. Raises DocumentDamaged if the bytes end early, are empty or a web page; UnreadableDocument
    for binary data; NotTheReport for an error message from Amazon; LimitExceeded if they unpack to too many.
    Errors name ``where``.
    """

    def __init__(
        self, stream: BinaryIO, *, where: str, declared: str | None = None, is_xml: bool = False
    ) -> None:
        self._where = where
        self._is_xml = is_xml
        self._source: Any = stream
        self._packed: Rejoined | None = None
        self._size = 0
        self._ahead = self._guarded(_PEEK)
        if self._ahead.startswith(b"\x1f\x8b"):
            self._packed = Rejoined(self._ahead, stream)
            self._source, self._size = open_gzip(self._packed), 0
            self._ahead = self._guarded(_PEEK)
        self.declared = declared
        self.charset = self._take_mark(declared)
        self._decoder: codecs.IncrementalDecoder | None = None
        if self.charset not in (None, "utf-8"):
            self._decoder = codecs.getincrementaldecoder(self.charset)("strict")
            self._ahead = self._decode(self._ahead)
            self.charset = "utf-8"
        self._refuse_pages()
        self._refuse_answers()

    def peek(self) -> bytes:
        """The document's first bytes, without consuming them."""
        return self._ahead

    def skip(self, size: int) -> None:
        """Drop the first ``size`` bytes, which ``peek`` has shown."""
        self._ahead = self._ahead[size:]

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; empty only at the end."""
        if self._ahead:
            count = len(self._ahead) if size < 0 else size
            taken, self._ahead = self._ahead[:count], self._ahead[count:]
            return taken
        data = self._guarded(size if size > 0 else _PEEK)
        return self._decode(data) if self._decoder else data

    def _guarded(self, size: int) -> bytes:
        try:
            data = bytes(self._source.read(size))
        except EOFError as error:
            raise DocumentDamaged("the packed document ends early.", where=self._where) from error
        except GZIP_ERRORS as error:
            raise DocumentDamaged(f"the packed document is damaged ({error}).", where=self._where) from error
        self._size += len(data)
        if self._packed and self._size > max(SURELY_SMALL, self._packed.count * MAX_UNPACK_RATIO):
            raise LimitExceeded(
                f"{self._packed.count} bytes unpack to more than {MAX_UNPACK_RATIO} times as many.",
                where=self._where,
                limit="MAX_UNPACK_RATIO",
            )
        return data

    def _take_mark(self, declared: str | None) -> str | None:
        for mark, charset in _BOMS:
            if self._ahead.startswith(mark):
                self._ahead = self._ahead[len(mark) :]
                return charset
        if declared and declared.startswith("utf-16"):
            return "utf-16-be" if declared == "utf-16-be" else "utf-16-le"
        if self._is_xml and self._ahead.startswith((b"<\x00", b"\x00<")):
            return "utf-16-le" if self._ahead.startswith(b"<") else "utf-16-be"
        return None

    def _decode(self, data: bytes) -> bytes:
        """UTF-16 to UTF-8; empty only at the end."""
        assert self._decoder is not None
        try:
            while True:
                text = self._decoder.decode(data, final=not data)
                if text or not data:
                    return text.encode("utf-8")
                data = self._guarded(_PEEK)
        except UnicodeDecodeError as error:
            raise DocumentDamaged(
                f"it claims to be {(self.charset or '').upper()} but is not: {error.reason}.",
                where=self._where,
            ) from error

    def _refuse_pages(self) -> None:
        start = self._ahead.lstrip()[:64].lower()
        if not self._ahead:
            raise DocumentDamaged("the document is empty: not even a header.", where=self._where)
        if self._is_xml:
            start = _DECLARATION.sub(b"", self._ahead[:2000]).lstrip()[:64].lower()
        pages = _XML_PAGES if self._is_xml else (*_XML_PAGES, b"<!", b"<?xml")
        if start.startswith(pages):
            raise DocumentDamaged(
                "it is a web page or an XML answer instead of the report.",
                where=self._where,
                begins=start.decode("ascii", "backslashreplace"),
            )
        if start.startswith(b"pk\x03\x04") or b"\x00" in self._ahead.partition(b"\n")[0]:
            raise UnreadableDocument("it is binary data, not a report.", where=self._where)

    def _refuse_answers(self) -> None:
        """Raise NotTheReport for a JSON error answer of Amazon's APIs: no report has only such keys."""
        if len(self._ahead) >= _PEEK or not self._ahead.lstrip().startswith(b"{"):
            return
        try:
            content = json.loads(self._ahead)
        except (ValueError, RecursionError):
            return
        if content and content.keys() <= _ERROR_KEYS and (words := _words_of(content)):
            raise not_the_report(words, where=self._where)


def not_the_report(words: str, *, where: str) -> NotTheReport:
    """The error for a document that is a message from Amazon; ``words`` is its text."""
    shown = redact(" ".join(words[: 10 * _MOST_WORDS].split()))[:_MOST_WORDS]
    return NotTheReport(f"Amazon sent a message instead of the report: {shown!r}.", where=where, words=shown)


def _words_of(content: Mapping[str, Any]) -> str:
    """Code and message of the errors in an answer; empty if there are none."""
    errors = content.get("errors")
    found = errors if isinstance(errors, list) else [content]
    said = [[_text_of(each.get(key)) for key in _TELLING] for each in found if isinstance(each, dict)]
    texts = (": ".join(filter(None, each)) for each in said)
    return "; ".join(filter(None, texts))


def _text_of(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


class Rejoined(io.RawIOBase):
    """A stream of what was read ahead and then the rest; ``count``: bytes read so far."""

    def __init__(self, ahead: bytes, rest: BinaryIO) -> None:
        self._ahead = ahead
        self._rest = rest
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        if self._ahead:
            taken, self._ahead = self._ahead[: len(view)], self._ahead[len(view) :]
        else:
            taken = self._rest.read(len(view))
        view[: len(taken)] = taken
        self.count += len(taken)
        return len(taken)
