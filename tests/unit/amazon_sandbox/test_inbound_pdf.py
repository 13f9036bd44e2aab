"""The PDF files of labels can be read by any viewer."""

from __future__ import annotations

import re

from amazon_sandbox.inbound.pdf import Page, write_pdf


def test_offsets_and_lengths_are_right() -> None:
    """Also with letters beyond ASCII and with the characters that PDF strings escape."""
    content = write_pdf([Page(["Müller (2) \\ Söhne", "NW-KNF-917-8 x 5"], "FBA19U000001"), Page(["plain"])])
    start = int(re.findall(rb"startxref\n(\d+)\n%%EOF\n", content)[0])
    assert content[start:].startswith(b"xref\n0 8\n")
    offsets = re.findall(rb"(\d{10}) 00000 n ", content[start:])
    assert len(offsets) == 7
    for number, offset in enumerate(offsets, 1):
        assert content[int(offset) :].startswith(b"%d 0 obj\n" % number)
    streams = re.findall(rb"<< /Length (\d+) >>\nstream\n(.*?)\nendstream", content, re.DOTALL)
    assert [int(length) for length, _ in streams] == [len(stream) for _, stream in streams]
    assert "(Müller \\(2\\) \\\\ Söhne) Tj".encode("cp1252") in streams[0][1]
    assert b"/Kids [4 0 R 6 0 R] /Count 2" in content
