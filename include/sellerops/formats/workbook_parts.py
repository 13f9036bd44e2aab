"""Checks an Excel workbook from a web page before it is read: sizes, document types, passwords."""

from __future__ import annotations

import tempfile
import zipfile
from typing import IO, BinaryIO

from sellerops.base.errors import DocumentDamaged, LimitExceeded, UnreadableDocument
from sellerops.base.limits import (
    LARGEST_REPORT_WORKBOOK,
    LARGEST_UNPACKED_REPORT_WORKBOOK,
    LARGEST_WORKBOOK_TEXTS,
    MAX_UNPACK_RATIO,
    MOST_WORKBOOK_PARTS,
    SURELY_SMALL,
    megabytes,
)

ZIP = b"PK\x03\x04"
_CHUNK = 1 << 16
# These are unpacked row by row; all other parts are read whole.
_ROW_BY_ROW = "xl/worksheets/"


def spooled(ahead: bytes, rest: BinaryIO, where: str) -> IO[bytes]:
    """A workbook as a temporary file, which can be read in any order. Raises LimitExceeded."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(ahead)
    while chunk := rest.read(_CHUNK):
        file.write(chunk)
        if file.tell() > LARGEST_REPORT_WORKBOOK:
            file.close()
            raise LimitExceeded(
                f"the workbook is larger than {megabytes(LARGEST_REPORT_WORKBOOK)}.",
                where=where,
                limit="LARGEST_REPORT_WORKBOOK",
            )
    file.seek(0)
    return file


def check_parts(file: IO[bytes], where: str) -> None:
    """Refuse a workbook that is truncated, protected, of another kind, or larger than it says.

    openpyxl does not guard against expanding entities, so document types are refused: no spreadsheet program
    writes one. Raises DocumentDamaged, UnreadableDocument or LimitExceeded.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _check_list(parts, where)
            for part in parts:
                _check_part(archive, part, where)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
        raise DocumentDamaged(f"the workbook is truncated or damaged ({error}).", where=where) from error
    except (RuntimeError, OSError, ValueError) as error:
        raise DocumentDamaged(f"the workbook cannot be unpacked ({error}).", where=where) from error
    file.seek(0)


def _check_list(parts: list[zipfile.ZipInfo], where: str) -> None:
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableDocument("the workbook is protected with a password.", where=where)
    if "xl/workbook.xml" not in names:
        kind = (
            "a binary workbook (.xlsb)" if "xl/workbook.bin" in names else "an archive, not an Excel workbook"
        )
        raise UnreadableDocument(f"it is {kind}.", where=where)
    if len(parts) > MOST_WORKBOOK_PARTS:
        raise _too_large(f"has more than {MOST_WORKBOOK_PARTS} parts", "MOST_WORKBOOK_PARTS", where)
    unpacked, packed = (
        sum(sizes) for sizes in zip(*((p.file_size, p.compress_size) for p in parts), strict=True)
    )
    if unpacked > LARGEST_UNPACKED_REPORT_WORKBOOK:
        size = megabytes(LARGEST_UNPACKED_REPORT_WORKBOOK)
        raise _too_large(f"unpacks to more than {size}", "LARGEST_UNPACKED_REPORT_WORKBOOK", where)
    if unpacked > max(SURELY_SMALL, packed * MAX_UNPACK_RATIO):
        raise _too_large(f"unpacks to more than {MAX_UNPACK_RATIO} times its size", "MAX_UNPACK_RATIO", where)
    whole = sum(part.file_size for part in parts if not part.filename.startswith(_ROW_BY_ROW))
    if whole > LARGEST_WORKBOOK_TEXTS:
        size = megabytes(LARGEST_WORKBOOK_TEXTS)
        raise _too_large(f"has more than {size} of texts", "LARGEST_WORKBOOK_TEXTS", where)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, where: str) -> None:
    """Unpack a part once: zipfile verifies its size and checksum, and no part may have a document type."""
    before = b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            if part.filename.endswith((".xml", ".rels")) and any(
                mark in before[-16:] + chunk for mark in (b"<!DOCTYPE", b"<!ENTITY", b"\x00")
            ):
                raise UnreadableDocument(
                    f"the workbook has a document type in {part.filename!r}.", where=where
                )
            before = chunk


def _too_large(what: str, limit: str, where: str) -> LimitExceeded:
    return LimitExceeded(f"the workbook {what}.", where=where, limit=limit)
