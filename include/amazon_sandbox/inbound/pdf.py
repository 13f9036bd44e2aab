"""Small PDF files of text and bars, one page per label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_LEFT, _TOP, _LEADING = 24, 24, 16
_NARROW = 1.2  # points of a narrow bar


class Page(NamedTuple):
    """Lines of text from the top, and what the bars below them encode (none if empty). Size in points."""

    lines: Sequence[str]
    code: str = ""
    width: int = 288
    height: int = 432


def write_pdf(pages: Sequence[Page]) -> bytes:
    """A PDF 1.4 file with these pages."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (b" ".join(b"%d 0 R" % (4 + 2 * index) for index in range(len(pages))), len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, page in enumerate(pages):
        content = _content(page)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] "
            b"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
            % (page.width, page.height, 5 + 2 * index)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _assemble(objects)


def _assemble(objects: Sequence[bytes]) -> bytes:
    written = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        written += b"%010d 00000 n \n" % offset
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(written)


def _content(page: Page) -> bytes:
    parts = [b"BT /F1 11 Tf %d TL %d %d Td" % (_LEADING, _LEFT, page.height - _TOP)]
    parts += [b"(%s) Tj T*" % _escaped(line) for line in page.lines]
    parts.append(b"ET")
    if page.code:
        parts.append(_bars(page))
    return b"\n".join(parts)


def _bars(page: Page) -> bytes:
    """A picture of the code: a bar for each bit of its characters. It is not meant to be scanned."""
    left, low = float(_LEFT), page.height - _TOP - _LEADING * (len(page.lines) + 4)
    bits = "".join(f"{byte:08b}" for byte in page.code.encode())
    narrow = min(_NARROW, (page.width - 2 * _LEFT) / len(bits))
    bars = [
        b"%.2f %d %.2f 48 re" % (left + place * narrow, low, narrow)
        for place, bit in enumerate(bits)
        if bit == "1"
    ]
    return b"\n".join([*bars, b"f"])


def _escaped(text: str) -> bytes:
    safe = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return safe.encode("cp1252", "replace")
