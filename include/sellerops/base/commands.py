"""The project's commands as the reader of a message types them.

A message names a command in backticks and as it is called inside the image: `` `sellerops quota` ``. How it
is typed depends on where the reader sits; ``$SELLEROPS_COMMAND`` says so, with ``{}`` for the command:

- ``bin/{}`` in a clone (the default where there is such a folder), which finds a running demo's environment;
- ``docker compose exec airflow-scheduler {}`` with Docker (docker-compose.yaml sets it);
- ``{}`` where the commands are on PATH (the default elsewhere, as in the image alone).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

VARIABLE = "SELLEROPS_COMMAND"
# In the project's folder `bin`, and on the PATH of the image.
PROGRAMS = ("sellerops", "sellerops-runtime", "airflow")

_BIN = Path(__file__).resolve().parents[3] / "bin"
_IN_TEXT = re.compile(rf"(?<=`)(?:{'|'.join(map(re.escape, PROGRAMS))})(?=[ `])")


def as_typed(command: str) -> str:
    """``sellerops quota`` as it is typed here, such as ``bin/sellerops quota``."""
    form = os.environ.get(VARIABLE) or ("bin/{}" if _BIN.is_dir() else "{}")
    return form.replace("{}", command) if "{}" in form else f"{form} {command}"


def commands_as_typed(text: str) -> str:
    """A text, each command in backticks as it is typed here; a second time nothing changes."""
    return _IN_TEXT.sub(lambda found: as_typed(found[0]), text)
