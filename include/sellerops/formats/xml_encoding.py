"""Converts XML from its declared encoding to UTF-8 for the parser.

expat itself reads UTF-8, UTF-16, Latin 1 and ASCII only; Amazon's Japanese files are Shift_JIS.
"""

from __future__ import annotations

import codecs
import re

from sellerops.base.errors import DocumentDamaged, UnreadableDocument
from sellerops.formats.charsets import UTF8, codec_name
from sellerops.formats.sniff import Document

_DECLARED = re.compile(rb"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"'>]{1,60})["']""")
_HEAD = 1024
# Python codecs that decode bytes to text but are no charsets of documents.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})


class Utf8:
    """The bytes of an XML document in UTF-8.

    A byte order mark overrides the declaration (XML 1.0, appendix F), and the declaration overrides the
    download's Content-Type. ``Document`` has already converted UTF-16 to UTF-8. Raises UnreadableDocument
    for an unknown encoding, and for bytes that do not match the declared one.
    """

    def __init__(self, document: Document, where: str) -> None:
        self._document = document
        self._where = where
        self._ahead = document.read(_HEAD)
        while 0 < len(self._ahead) < _HEAD and (more := document.read(_HEAD - len(self._ahead))):
            self._ahead += more
        self._charset = UTF8 if document.charset else self._declared()
        self._decoder: codecs.IncrementalDecoder | None = None
        if self._charset != UTF8:
            self._decoder = codecs.getincrementaldecoder(self._charset)("strict")

    def read(self, size: int) -> bytes:
        """About ``size`` bytes; empty only at the end."""
        while True:
            data = self._ahead or self._document.read(size)
            self._ahead = b""
            if self._decoder is None:
                return data
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                if not data:
                    raise DocumentDamaged("the XML document ends early.", where=self._where) from error
                raise self._refused(
                    f"it declares the encoding {self._charset}, but its bytes do not match: {error.reason}"
                ) from error
            if text or not data:
                return text.encode(UTF8)

    def _declared(self) -> str:
        found = _DECLARED.match(self._ahead)
        if found is None:
            return self._document.declared or UTF8
        declared = found.group(1).decode("ascii", "backslashreplace").strip()
        name = codec_name(declared)
        if name is None or not _is_charset(name):
            raise self._refused(f"it declares the unknown encoding {declared!r}")
        # A declaration that is readable byte by byte cannot be in a charset with two bytes per character.
        return UTF8 if name.startswith(("utf-16", "utf-32")) else name

    def _refused(self, cause: str) -> UnreadableDocument:
        return UnreadableDocument(
            f"{cause}.",
            where=self._where,
            remedy="Look at the archived document: Amazon declared a wrong encoding or damaged it. Clear "
            "the fetch task to request the report again.",
        )


def _is_charset(name: str) -> bool:
    """Whether the codec decodes bytes to text; Python's codecs include compression and ciphers."""
    return name not in _NO_CHARSETS and codecs.lookup(name)._is_text_encoding
