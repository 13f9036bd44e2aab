"""Records which process a login's browser is, in one small file per login."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import psutil

from sellerops.browsers.process_tree import ProcessId


@dataclass(frozen=True)
class BrowserRecord:
    """The record of which process a login's browser is."""

    id: ProcessId
    port: int
    has_window: bool

    @property
    def process(self) -> psutil.Process | None:
        return self.id.find()

    def to_json(self) -> str:
        return json.dumps(
            {
                "pid": self.id.pid,
                "created": self.id.created,
                "port": self.port,
                "has_window": self.has_window,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> BrowserRecord:
        found = json.loads(text)
        return cls(
            ProcessId(int(found["pid"]), float(found["created"])),
            int(found["port"]),
            bool(found["has_window"]),
        )


def read_record(path: Path) -> BrowserRecord | None:
    """The record in a file; None if the file is missing or damaged."""
    try:
        return BrowserRecord.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
