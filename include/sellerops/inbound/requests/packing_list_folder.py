"""Reads packing lists from the folder that ``packing_list_folder`` in ``config/inbound.yaml`` names."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import NoReturn

from sellerops.base.errors import InvalidRequest
from sellerops.base.limits import LARGEST_PACKING_LIST
from sellerops.inbound.models import Problem
from sellerops.inbound.problems import quoted, raise_problems
from sellerops.inbound.requests.form_fields import PACKING_LIST_FILE, place_of
from sellerops.storage import resolve

# Relative folders are below this one: `include` of the project.
_ROOT = Path(__file__).resolve().parents[3]


def read_file(folder: str | None, name: str) -> bytes:
    """The file ``name`` of the folder, at most one byte more than LARGEST_PACKING_LIST.

    ``folder``: below ``include``, an absolute path, or an fsspec address. Raises InvalidRequest if no folder
    is configured, if the file is missing or cannot be read, and if the name leads out of the folder.
    """
    if not folder:
        _refuse(
            "no folder for packing lists is configured.",
            "Set `packing_list_folder` in config/inbound.yaml, or paste the list into Boxes.",
        )
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or name.startswith(("/", "\\")) or ".." in parts or ":" in name or "\0" in name:
        _refuse(
            f"{quoted(name)} is not the name of a file in the packing list folder.",
            f"Put the file into {folder} and give its name, such as december.xlsx.",
        )
    address = folder if "://" in folder else str(_ROOT / folder)
    return _read(address.rstrip("/"), "/".join(parts), folder)


def _read(address: str, name: str, folder: str) -> bytes:
    try:
        system, path = resolve(f"{address}/{name}")
        if isinstance(path, str) and "://" not in address and not _is_inside(Path(address), Path(path)):
            _refuse(
                f"{quoted(name)} is a link to a file outside the packing list folder.",
                "Copy the file itself.",
            )
        with system.open(path, "rb") as file:
            content: bytes = file.read(LARGEST_PACKING_LIST + 1)
            return content
    except FileNotFoundError:
        _refuse(
            f"the file {quoted(name)} is not in {folder}.",
            "Check the name, its ending and upper and lower case, or put the file there.",
        )
    except InvalidRequest:
        raise
    except Exception as error:  # noqa: BLE001 - each storage library has exceptions of its own
        _refuse(
            f"{quoted(name)} in {folder} cannot be read: {type(error).__name__}: {str(error)[:200]}.",
            "Check the folder and its permissions; docs/inbound.md has examples.",
        )


def _is_inside(folder: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _refuse(cause: str, remedy: str) -> NoReturn:
    raise_problems([Problem(place_of(PACKING_LIST_FILE), cause, remedy)])
    raise AssertionError
