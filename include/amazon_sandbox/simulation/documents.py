"""Documents: decoded bytes in chunks with a content type, and the writer of Amazon's flat files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from amazon_sandbox.simulation.marketplaces import Marketplace

ROWS_PER_CHUNK = 500


class FatalReport(ValueError):
    """Amazon accepts the request but the report ends FATAL; `detail` is the text of its error document."""

    def __init__(self, report_type: str, detail: str) -> None:
        self.report_type = report_type
        self.detail = detail
        super().__init__(f"{report_type}: {detail}")


@dataclass(frozen=True, slots=True)
class Document:
    """A report document: chunks of uncompressed bytes, which can be read only once, and the content type to
    serve them with.
    """

    chunks: Iterator[bytes]
    content_type: str

    def read(self) -> bytes:
        """All bytes; exhausts `chunks`."""
        return b"".join(self.chunks)


@dataclass(frozen=True, slots=True)
class Charset:
    """A Python codec, its error handler for characters it lacks, and the content type that Amazon sends."""

    codec: str
    content_type: str
    errors: str = "strict"


CP1252 = Charset("cp1252", "text/plain;charset=Cp1252")
CP932 = Charset("cp932", "text/plain;charset=windows-31j")
# Accents in other countries' titles become question marks (assumed, as Java's encoders do).
_CP932_OF_MANY = Charset(CP932.codec, CP932.content_type, errors="replace")


def charset_of(marketplaces: Iterable[Marketplace]) -> Charset:
    """The charset of a flat file: Shift_JIS as Windows writes it for Japan, Windows Latin 1 elsewhere."""
    countries = {marketplace.country for marketplace in marketplaces}
    if "JP" not in countries:
        return CP1252
    return CP932 if countries == {"JP"} else _CP932_OF_MANY


def flat_file(header: Sequence[str], rows: Iterable[Sequence[str]], charset: Charset) -> Document:
    """A tab-separated file, unquoted, with CRLF line ends. Raises UnicodeEncodeError for a character that a
    single country's charset lacks, which is an error in our tables.
    """
    return Document(_lines(header, rows, charset), charset.content_type)


def quoted_file(
    header: Sequence[str], rows: Iterable[Sequence[str]], charset: Charset, *, is_escaped: bool = True
) -> Document:
    """Like `flat_file`, with every field in quotes; a quote mark inside is doubled if `is_escaped`."""
    mark = '""' if is_escaped else '"'
    lines = ([f'"{field.replace(chr(34), mark)}"' for field in row] for row in (header, *rows))
    return flat_file(next(lines), lines, charset)


def _lines(header: Sequence[str], rows: Iterable[Sequence[str]], charset: Charset) -> Iterator[bytes]:
    lines = ["\t".join(header)]
    for row in rows:
        lines.append("\t".join(row))
        if len(lines) >= ROWS_PER_CHUNK:
            yield ("\r\n".join(lines) + "\r\n").encode(charset.codec, charset.errors)
            lines.clear()
    if lines:
        yield ("\r\n".join(lines) + "\r\n").encode(charset.codec, charset.errors)


@lru_cache(maxsize=4_096)
def iso_utc(seconds: int) -> str:
    """Epoch seconds as 2026-11-20T18:03:11+00:00."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
