"""The project's commands as the reader of a message has to type them.

Code writes a command in backticks, as it is called inside the image: `` `sellerops quota` ``. What the
reader types depends on the installation; ``$SELLEROPS_COMMAND`` is the template, with ``{}`` for the command:

- ``bin/{}`` in a clone (the default if that folder exists), which finds a running demo's environment;
- ``docker compose exec airflow-scheduler {}`` with Docker (docker-compose.yaml sets it);
- ``{}`` if the commands are on PATH (the default elsewhere, as inside the image).

``sellerops ledger migrate`` needs the database owner's address. Where only another service has it, as with
Docker, ``$SELLEROPS_MIGRATE_COMMAND`` replaces the command. ``sellerops backup`` and ``sellerops restore``
also need Postgres's programs; ``$SELLEROPS_BACKUP_COMMAND`` is their template.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

VARIABLE = "SELLEROPS_COMMAND"
MIGRATE, MIGRATE_VARIABLE = "sellerops ledger migrate", "SELLEROPS_MIGRATE_COMMAND"
BACKUPS, BACKUP_VARIABLE = ("sellerops backup", "sellerops restore"), "SELLEROPS_BACKUP_COMMAND"
# In the project's folder `bin`, and on the PATH of the image.
PROGRAMS = ("sellerops", "sellerops-runtime", "airflow")

_BIN = Path(__file__).resolve().parents[3] / "bin"
_IN_TEXT = re.compile(rf"(?<=`)(?:{'|'.join(map(re.escape, (*BACKUPS, *PROGRAMS)))})(?=[ `])")


def as_typed(command: str) -> str:
    """The command as you type it here: ``sellerops quota`` becomes, for example, ``bin/sellerops quota``."""
    if command == MIGRATE and (instead := os.environ.get(MIGRATE_VARIABLE)):
        return instead
    own = os.environ.get(BACKUP_VARIABLE) if command.startswith(BACKUPS) else None
    form = own or os.environ.get(VARIABLE) or ("bin/{}" if _BIN.is_dir() else "{}")
    return form.replace("{}", command) if "{}" in form else f"{form} {command}"


def commands_as_typed(text: str) -> str:
    """The text with each command in backticks as you type it here. Idempotent."""
    text = text.replace(f"`{MIGRATE}`", f"`{as_typed(MIGRATE)}`")
    return _IN_TEXT.sub(lambda found: as_typed(found[0]), text)
