"""Which process runs which tests when several run side by side (pytest-xdist)."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

# Folders of tests that share what takes long to make: an Airflow, its api-server, a warehouse of two weeks,
# the days of the simulated sellers, all DAGs.
END_TO_END, PAGES = "tests/e2e", "tests/integration/pages"
DAGS = "tests/dags"
WAREHOUSE, SIMULATION = "tests/integration/marts", "tests/unit/amazon_sandbox"
_GROUPS = {
    PAGES: PAGES,
    "tests/integration/dashboard": PAGES,
    END_TO_END: END_TO_END,
    WAREHOUSE: WAREHOUSE,
    "tests/integration/alerts": WAREHOUSE,
    DAGS: DAGS,
    SIMULATION: SIMULATION,
    "tests/unit/catalogue": SIMULATION,
}


class FilesToProcesses(LoadScopeScheduling):
    """A file's tests run in one process, which makes its servers once; those of some folders all run in one.

    pytest-xdist's own groups (``loadgroup``) have no effect with pytest 9.2: they are a suffix of a node id
    that pytest does not read back, so every test is a group of its own.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        """Give a process its next group or file: the groups first, as they take longest.

        Not beside the end-to-end tests, whose Airflow would then have three other groups beside it.
        """
        if END_TO_END not in self.workqueue:
            for group in _GROUPS.values():
                if group in self.workqueue:
                    self.workqueue.move_to_end(group, last=False)
                    break
        super()._assign_work_unit(node)


def group_of(nodeid: str) -> str:
    """The file of a test, or the name of a group of folders."""
    file = nodeid.partition("::")[0]
    return next((group for folder, group in _GROUPS.items() if file.startswith(f"{folder}/")), file)
