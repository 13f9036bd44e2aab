"""Where a task runs: its queue and, with the KubernetesExecutor, the template of its pod."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

# Folder with ``<queue>.yaml``: deploy/kubernetes/pod-templates. Unset with other executors.
VARIABLE = "SELLEROPS_POD_TEMPLATES"


def placed_in(queue: str) -> dict[str, Any]:
    """Arguments of an operator whose task runs in a queue.

    The KubernetesExecutor has no queues; it uses the template that the task names. The pods of a queue
    without a template are created from Airflow's own.
    """
    folder = os.environ.get(VARIABLE)
    template = Path(folder, f"{queue}.yaml") if folder else None
    if template is None or not template.is_file():
        return {"queue": queue}
    return {"queue": queue, "executor_config": {"pod_template_file": str(template)}}
