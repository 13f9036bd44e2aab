"""Content faults, applied to the bytes of a document on their way into the store."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import Any

from amazon_sandbox.reports.flat_file_faults import apply_flat_file_fault
from amazon_sandbox.reports.json_faults import apply_json_fault

Options = Mapping[str, Any]


def apply(name: str, options: Options, chunks: Iterator[bytes], content_type: str) -> Iterator[bytes]:
    """The changed bytes. Raises FaultNotApplicable, at once or while the bytes are read."""
    if name == "words":
        return iter((str(options.get("text", "No data found for the specified date range")).encode(),))
    if name == "recoded":
        return _recoded(chunks, charset_of(content_type), str(options.get("charset", "utf-8")))
    if content_type.startswith("application/json"):
        return apply_json_fault(name, options, chunks)
    return apply_flat_file_fault(name, options, chunks, charset_of(content_type))


def charset_of(content_type: str) -> str:
    """Python's name of the charset of a Content-Type; UTF-8 when it names none."""
    match = re.search(r"charset=([\w-]+)", content_type)
    name = match[1] if match else "utf-8"
    return "cp932" if name.lower() == "windows-31j" else codecs.lookup(name).name


def _recoded(chunks: Iterator[bytes], old: str, new: str) -> Iterator[bytes]:
    decoder, encoder = codecs.getincrementaldecoder(old)(), codecs.getincrementalencoder(new)("replace")
    for chunk in chunks:
        yield encoder.encode(decoder.decode(chunk))
    yield encoder.encode(decoder.decode(b"", True), True)
