"""Which characters the bytes of a flat file are. Decoding is strict: nothing is ever replaced by U+FFFD."""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterable

import pyarrow as pa

UTF8, CP932 = "utf-8", "cp932"
# Kana, kanji, their punctuation and their wide and narrow forms; two at least.
_JAPANESE_RUN = re.compile("[\u2460-\u2473\u3001-\u30ff\u4e00-\u9fff\uff01-\uff9f]{2,}")
_JAPANESE, _UNDECIDED, _NOT_JAPANESE = 0.8, 0.5, 0.3
_ENOUGH_CHARACTERS = 4
_LOST = "\ufffd".encode()
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
# What is called Latin 1 or Shift_JIS on the web is the vendors' larger set; ASCII promises nothing Latin 1
# does not.
_LARGER = {"iso8859-1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932", "shift_jisx0213": "cp932"}
# Java's and the web's names that Python lacks.
_ALIASES = {"windows-31j": "cp932", "x-sjis": "cp932", "x-windows-31j": "cp932"}


def declared_charset(content_type: str | None) -> str | None:
    """The charset a ``Content-Type`` names, as written, or None."""
    found = _CHARSET.search(content_type or "")
    return found.group(1) if found else None


def codec_name(charset: str | None) -> str | None:
    """Python's name of a charset in the set vendors mean by it; None when there is no such charset."""
    if not charset:
        return None
    try:
        name = codecs.lookup(_ALIASES.get(charset.strip().lower(), charset.strip())).name
    except LookupError:
        return None
    return _LARGER.get(name, "utf-8" if name == "utf-8-sig" else name)


def candidates(*charsets: str | None) -> tuple[str, ...]:
    """The charsets worth trying, best first, each once; UTF-8 last when nobody named it."""
    names = [name for charset in charsets if (name := codec_name(charset))]
    return tuple(dict.fromkeys([*names, UTF8]))


class LineDecoder:
    """Decodes a document block by block; settles on one charset with the first block that is not plain ASCII.

    What wins, by the lines of that block that are not ASCII:

    1. UTF-8 when most of them are valid UTF-8: other text is so only by rare accident, while files labelled
       cp1252 have been seen to hold UTF-8.
    2. Japanese cp932 when they read as Japanese in it, whatever was named: Japanese characters
       stand side by side, while in western text read as cp932 each stands alone between Latin letters. A
       cp932 that was named loses the same way when the text is not Japanese.
    3. Of the named charsets (byte order mark, download, spec, shop, in this order) the one that reads most
       lines; when none reads all, also cp1252. Latin 1 is read as cp1252: what it has instead are control
       characters.

    Lines the chosen charset cannot read are tried with the others.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self.charset: str | None = None

    def learn(self, block: bytes) -> None:
        """Settle on a charset, if ``block`` (whole lines) tells and it is not settled yet."""
        if self.charset is None and not block.isascii():
            self.charset = self._choose(block)

    def decode(self, block: bytes) -> bytes | None:
        """``block`` (whole lines) in UTF-8, or None when its lines must be looked at one by one.

        That is when the charset does not read all of it, or it holds U+FFFD: the mark of text lost before us.
        """
        if block.isascii():
            return block
        self.learn(block)
        if self.charset == UTF8 or self.charset is None:
            # Searching for one byte first is much faster, and text rarely holds it.
            is_whole = _LOST[:1] not in block or _LOST not in block
            return block if is_whole and _is_utf8(block) else None
        try:
            return block.decode(self.charset).encode(UTF8)
        except UnicodeDecodeError:
            return None

    def decode_line(self, line: bytes) -> str | None:
        """One line as text, or None when no candidate reads it."""
        for name in dict.fromkeys([self.charset or self._names[0], *self._names]):
            try:
                return line.decode(name)
            except UnicodeDecodeError:
                continue
        return None

    def decode_lines(self, block: bytes) -> list[str]:
        """Each line as text; bytes that no candidate reads as ``surrogateescape`` decodes them."""
        self.learn(block)
        name = self.charset or self._names[0]
        try:
            return block.decode(name).split("\n")
        except UnicodeDecodeError:
            lines = block.split(b"\n")
        decoded = (self.decode_line(line) for line in lines)
        return [
            line.decode(name, "surrogateescape") if text is None else text
            for line, text in zip(lines, decoded, strict=True)
        ]

    def _choose(self, block: bytes) -> str:
        lines = [line for line in block.split(b"\n") if not line.isascii()]
        if 2 * sum(_reads(UTF8, line) for line in lines) >= len(lines):
            return UTF8
        japanese = _japanese_part(lines)
        names = [name for name in self._names if name != CP932 or japanese > _NOT_JAPANESE]
        if japanese >= _JAPANESE:
            return CP932
        readable = {name: sum(_reads(name, line) for line in lines) for name in (*names, "cp1252")}
        return max(readable, key=lambda name: readable[name])


def _japanese_part(lines: Iterable[bytes]) -> float:
    """How much of the text reads as Japanese in cp932: the part of its characters that stand side by side.

    0 when a line is no cp932 at all; undecided when there are too few characters to tell.
    """
    beside = total = 0
    for line in lines:
        try:
            text = line.decode(CP932)
        except UnicodeDecodeError:
            return 0.0
        total += sum(not character.isascii() for character in text)
        beside += sum(len(run) for run in _JAPANESE_RUN.findall(text))
    return beside / total if total >= _ENOUGH_CHARACTERS else _UNDECIDED


def _is_utf8(block: bytes) -> bool:
    """Arrow looks several times faster than ``bytes.decode``, and without holding up other threads."""
    offsets = pa.py_buffer(struct.pack("=ii", 0, len(block)))
    try:
        pa.StringArray.from_buffers(1, offsets, pa.py_buffer(block)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _reads(name: str, line: bytes) -> bool:
    try:
        line.decode(name)
    except UnicodeDecodeError:
        return False
    return True
