"""Limits on input from outside, each with its reason.

A document, answer or message beyond a limit raises ``LimitExceeded`` (or the caller's own typed error), which
names the limit. Raise a number here only if Amazon's real data needs it; the comments say what it costs in
memory.
"""

from __future__ import annotations

# Nesting levels of JSON objects and lists, or of XML elements. Amazon's deepest answers (breakdowns of a
# transaction, browse nodes) have about 15; Python's recursion limit is 1,000.
MAX_DEPTH = 100

# Bytes of one item of a JSON list, one line of JSON lines, or one XML element that holds rows. Amazon's
# largest are below 2 MB; decoded, an item of nothing but empty lists takes about 35 times its size.
LONGEST_ITEM = 8 << 20

# Characters of a field's path in a row: all keys or elements that lead to it.
LONGEST_PATH = 2_000

# Characters of a number. A double has 17 digits, and no column keeps more than 76.
LONGEST_NUMBER = 400

# Columns that the spec does not name; no report ever gained more. A Postgres table takes 1,600.
MOST_UNKNOWN_COLUMNS = 300

# Different field paths in a whole document. Amazon's widest reports have 300.
MOST_PLACES = 5_000

# A decoded document on disk. The largest public ones are below 5 GB.
LARGEST_DOCUMENT = 20 << 30

# How many times larger than the download its decompressed content may be, beyond SURELY_SMALL bytes.
# Amazon's reports compress 5:1, a file of one repeated row 250:1, zeros 1,000:1 per layer.
MAX_UNPACK_RATIO = 400
SURELY_SMALL = 64 << 20

# gzip within gzip: Amazon is known to compress twice.
MAX_GZIP_LAYERS = 3

# The decompressed body of an API answer, a token or an error. Pages of operations are below 5 MB.
LARGEST_ANSWER = 32 << 20

# Excel workbooks of web pages. They are unpacked as they are read, except for their texts, which are kept in
# memory (about three times their size). A row beyond Excel's own limit can only be a wrong row number.
LARGEST_REPORT_WORKBOOK = 256 << 20
LARGEST_UNPACKED_REPORT_WORKBOOK = 4 << 30
LARGEST_WORKBOOK_TEXTS = 128 << 20
MOST_WORKBOOK_ROWS = 1 << 20

# Packing lists that people write. Amazon accepts 5,000 boxes and 2,000 SKUs per plan: such a list has some
# 10,000 rows and 1 MB. A workbook unpacks to about ten times its size.
LARGEST_PACKING_LIST = 5 << 20
LARGEST_UNPACKED_WORKBOOK = 64 << 20
MOST_WORKBOOK_PARTS = 500
MOST_PACKING_LIST_ROWS = 20_000
MOST_PACKING_LIST_COLUMNS = 200


def megabytes(size: int) -> str:
    """A limit in bytes as text for people."""
    return f"{size >> 20} MB"
