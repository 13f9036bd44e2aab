"""The write path: calls that change something at Amazon, each carried out at most once."""

from sellerops.writes.model import Look, Write, WriteState
from sellerops.writes.rows import may_show_later, state_of
from sellerops.writes.writer import Writer

__all__ = ["Look", "Write", "WriteState", "Writer", "may_show_later", "state_of"]
