"""Makes Airflow reparse its DAG files as soon as the configuration changes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


class ConfigWatcher:
    """Touches the DAG files whenever a configuration file changes.

    Airflow parses a changed DAG file at once, and an unchanged one only every
    ``[dag_processor] min_file_process_interval`` seconds. Our DAG files depend on the configuration.
    """

    def __init__(self, configuration: Path, dags: Path) -> None:
        self._configuration, self._dags = configuration, dags
        self._seen = self._state()

    def look(self) -> bool:
        """Touch the DAG files if the configuration changed since the last call; return whether it did.

        Skips DAG files that are not writable.
        """
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
                    continue  # for example an editor's temporary file
