"""Makes Airflow reparse its DAG files as soon as the configuration changes."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# Longer than parsing a DAG file takes on a busy machine.
_AGAIN_SECONDS = 30.0


class ConfigWatcher:
    """Touches the DAG files whenever a configuration file changes, and once more half a minute later.

    Airflow parses a changed DAG file at once, and an unchanged one only every
    ``[dag_processor] min_file_process_interval`` seconds. Our DAG files depend on the configuration. They
    are touched a second time because Airflow (3.3.2) misses a change that happens while it parses a file,
    after the configuration was read: it compares the time of the change with the end of the parse.
    """

    def __init__(
        self, configuration: Path, dags: Path, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._configuration, self._dags, self._monotonic = configuration, dags, monotonic
        self._seen = self._state()
        self._again_at = math.inf

    def look(self) -> bool:
        """Touch the DAG files if the configuration changed since the last call; return whether it did.

        Call it repeatedly, because it also touches them the second time. Skips DAG files that are not
        writable.
        """
        state, now = self._state(), self._monotonic()
        if state != self._seen:
            self._seen, self._again_at = state, now + _AGAIN_SECONDS
            self._touch()
            return True
        if now >= self._again_at:
            self._again_at = math.inf
            self._touch()
        return False

    def _touch(self) -> None:
        for path in self._dags.glob("*.py"):
            if os.access(path, os.W_OK):
                os.utime(path)

    def _state(self) -> dict[str, int]:
        return dict(self._files())

    def _files(self) -> Iterator[tuple[str, int]]:
        for folder, _, names in os.walk(self._configuration):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    yield path, os.stat(path).st_mtime_ns
                except FileNotFoundError:
                    continue  # for example an editor's temporary file
