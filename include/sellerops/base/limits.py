"""How much of anything we accept from outside. Every limit on foreign input is here, with its reason.

A document, an answer or a message beyond a limit is refused with ``LimitExceeded`` (or the caller's own typed
error), which names the limit. Raise a number here only for real data of Amazon's that needs it; what a limit
costs in memory is said beside it.
"""

from __future__ import annotations

# Objects and lists in each other, XML elements in each other. Amazon's deepest answers (breakdowns of a
# transaction, browse nodes) have about 15; Python's own recursion ends at 1,000.
MAX_DEPTH = 100

# One item of a JSON list, one line of JSON lines, one XML element that holds rows. Amazon's largest are below
# 2 MB; decoded, an item of nothing but empty lists takes about 35 times its size.
LONGEST_ITEM = 8 << 20

# The name of a place in a row: all keys or elements on the way to it.
LONGEST_PATH = 2_000

# The text of a number. A double has 17 digits, and no column keeps more than 76.
LONGEST_NUMBER = 400

# Columns beyond those of the spec; a report never gains more. A table of Postgres ends at 1,600.
MOST_UNKNOWN_COLUMNS = 300

# Different places a table's rows have values at, in a whole document. Amazon's widest reports have 300.
MOST_PLACES = 5_000

# A decoded document on disk. The largest public ones are below 5 GB.
LARGEST_DOCUMENT = 20 << 30

# What a download may unpack to, in times of what came over the wire, once it is larger than SURELY_SMALL.
# Amazon's reports pack to a fifth, a file of one repeated row to a 250th, zeros to a 1,000th a layer.
MAX_UNPACK_RATIO = 400
SURELY_SMALL = 64 << 20

# gzip within gzip: Amazon is known to pack twice.
MAX_GZIP_LAYERS = 3

# The body of an API answer, a token or an error, unpacked. Pages of operations are below 5 MB.
LARGEST_ANSWER = 32 << 20


def megabytes(size: int) -> str:
    """A limit in bytes as it is shown."""
    return f"{size >> 20} MB"
