"""A changed configuration shows at once in an Airflow that otherwise seldom reads its DAG files again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


class ConfigWatcher:
    """Marks the DAG files as changed whenever a file of the configuration is.

    Airflow reads a DAG file that has changed at once, and one that has not every
    ``[dag_processor] min_file_process_interval`` seconds; ours are made of the configuration.
    """

    def __init__(self, configuration: Path, dags: Path) -> None:
        self._configuration, self._dags = configuration, dags
        self._seen = self._state()

    def look(self) -> bool:
        """Whether something has changed since the last look. DAG files we may not touch are left alone."""
        state = self._state()
        if state == self._seen:
            return False
        self._seen = state
        for path in self._dags.glob("*.py"):
            if os.access(path, os.W_OK):
                os.utime(path)
        return True

    def _state(self) -> dict[str, int]:
        return dict(self._files())

    def _files(self) -> Iterator[tuple[str, int]]:
        for folder, _, names in os.walk(self._configuration):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    yield path, os.stat(path).st_mtime_ns
                except FileNotFoundError:
                    continue  # an editor's draft
