"""Which process runs which tests when several run side by side (pytest-xdist)."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

END_TO_END = "tests/e2e"


class FilesToProcesses(LoadScopeScheduling):
    """A file's tests run in one process, which makes its servers once; all end-to-end tests run in one, since
    they share an Airflow.

    pytest-xdist's own groups (``loadgroup``) have no effect with pytest 9.2: they are a suffix of a node id
    that pytest does not read back, so every test is a group of its own.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """The file of a test, or the folder of the end-to-end tests."""
    file = nodeid.partition("::")[0]
    return END_TO_END if file.startswith(f"{END_TO_END}/") else file
