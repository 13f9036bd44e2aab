"""Writes the OpenAPI document of the hub's API, from which the pages' typed client is generated.

After every change of a route or of its models, and after a merge conflict in either file, run in the
project's folder (the second command in ``plugins/sellerops_airflow/dashboard/web``)::

    PYTHONPATH=include:plugins python -m sellerops_airflow.dashboard.openapi
    npx openapi-typescript openapi.json -o src/api/schema.d.ts
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parent / "web" / "openapi.json"


def openapi_document() -> dict[str, Any]:
    """The document. Addresses are relative to the mount point of the hub."""
    from sellerops_airflow.dashboard.app import create_hub_app

    return create_hub_app().openapi()


def as_text(document: dict[str, Any]) -> str:
    """The document as it is stored: sorted, so that branches that add routes merge without conflicts."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write ``web/openapi.json``. Unless ``AIRFLOW_HOME`` is set, Airflow gets a temporary one."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("AIRFLOW_HOME", home)
        DOCUMENT.write_text(as_text(openapi_document()), encoding="utf-8")
    print(DOCUMENT)


if __name__ == "__main__":
    main()
