"""A temporary Airflow home for tests that import Airflow, so that `~/airflow` is not touched.

from support.airflow_home import prepare_airflow
prepare_airflow()   # at the top of a module or conftest, before the first import of airflow
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
_home: Path | None = None


def airflow_environment(home: Path) -> dict[str, str]:
    """The settings of a test's Airflow: this project's folders, SQLite, no examples."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        # By default 30, which a file may take on a busy machine; pytest ends what hangs.
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "600",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__API__BASE_URL": "http://airflow.example:8080",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def prepare_airflow() -> Path:
    """Point Airflow at a temporary home, once per session; return it."""
    global _home
    if _home is None:
        _home = Path(tempfile.mkdtemp(prefix="sellerops-airflow-home-"))
        atexit.register(shutil.rmtree, _home, ignore_errors=True)
        os.environ.update(airflow_environment(_home))
    return _home
