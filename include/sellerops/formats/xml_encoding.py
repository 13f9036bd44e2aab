"""XML in any encoding it declares, as the UTF-8 that the parser reads.

expat itself knows UTF-8, UTF-16, Latin 1 and ASCII; Amazon's Japanese files are Shift_JIS.
"""

from __future__ import annotations

import codecs
import re

from sellerops.base.errors import DocumentDamaged, UnreadableDocument
from sellerops.formats.charsets import UTF8, codec_name
from sellerops.formats.sniff import Document

_DECLARED = re.compile(rb"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"'>]{1,60})["']""")
_HEAD = 1024
# Python's codecs that decode bytes to text and are no charset of a document.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})


class Utf8:
    """The bytes of an XML document in UTF-8, whatever its declaration says.

    A byte order mark counts more than the declaration (XML 1.0, appendix F), the declaration more than the
    download's Content-Type. ``Document`` has already turned UTF-16 into UTF-8. Raises UnreadableDocument for
    an encoding nobody knows, and for bytes that are not of the one that is declared.
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
        """Some ``size`` bytes; empty only at the end."""
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
                    f"it declares the encoding {self._charset}, and its bytes are not: {error.reason}"
                ) from error
            if text or not data:
                return text.encode(UTF8)

    def _declared(self) -> str:
        found = _DECLARED.match(self._ahead)
        if found is None:
            return self._document.declared or UTF8
        told = found.group(1).decode("ascii", "backslashreplace").strip()
        name = codec_name(told)
        if name is None or not _is_charset(name):
            raise self._refused(f"it declares the encoding {told!r}, which is not known")
        # A declaration that can be read byte by byte cannot be of a charset with two bytes a character.
        return UTF8 if name.startswith(("utf-16", "utf-32")) else name

    def _refused(self, cause: str) -> UnreadableDocument:
        return UnreadableDocument(
            f"{cause}.",
            where=self._where,
            remedy="Look at the archived document: Amazon names its encoding wrongly, or damaged it. Clear "
            "the fetch task to request the report again.",
        )


def _is_charset(name: str) -> bool:
    """Whether it decodes bytes to text; Python also files compression and ciphers under codecs."""
    return name not in _NO_CHARSETS and codecs.lookup(name)._is_text_encoding
