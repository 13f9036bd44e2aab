"""Lists and copies files of the drop folder, ``<root>/<account>/<report>/[<marketplace code>/]<file>``."""

from __future__ import annotations

import fnmatch
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops.base.redaction import redact
from sellerops.settings.accounts import Account
from sellerops.sources.common.folder_api import DroppedFile
from sellerops.storage import local_path, resolve

log = logging.getLogger(__name__)

# Office programs and browsers write temporary files beside the real one; hidden files belong to the system.
_IGNORED = (".*", "~$*", "*.part", "*.tmp", "*.crdownload")
# The names that storages have for a file's version.
_ETAGS = ("ETag", "etag", "md5Hash", "content_md5")


class FsspecDropFolder:
    """Implements ``DropFolder`` on a local path or any fsspec address (``s3://bucket/prefix``, ...)."""

    def __init__(self, account: Account, uri: str) -> None:
        self.account = account
        self._uri = uri.rstrip("/")

    def files(self, report: str, pattern: str) -> Sequence[DroppedFile]:
        """See ``DropFolder.files``."""
        folder = f"{self.account.id}/{report}"
        with self._storage() as (storage, root):
            # In object storage, a folder exists only while it has files.
            if local_path(self._uri) and not storage.exists(root):
                raise self._missing()
            place = f"{root}/{folder}"
            listed = storage.find(place, maxdepth=2, detail=True) if storage.exists(place) else {}
            found = [self._file(storage, path, info, root) for path, info in sorted(listed.items())]
        visible = [file for file in found if not _matches(file.name, _IGNORED)]
        others = [file.path for file in visible if not _matches(file.name, (pattern,))]
        if others:
            log.warning("not collected, because their names do not match %s: %s", pattern, ", ".join(others))
        wanted = [file for file in visible if _matches(file.name, (pattern,))]
        return sorted(wanted, key=lambda file: (file.modified, file.path))

    def copy(self, file: DroppedFile, target: Path) -> bool:
        """See ``DropFolder.copy``."""
        with self._storage() as (storage, root):
            path = f"{root}/{file.path}"
            try:
                with storage.open(path, "rb") as source, target.open("wb") as copied:
                    shutil.copyfileobj(source, copied)
                storage.invalidate_cache()
                after = self._file(storage, path, storage.info(path), root)
            except FileNotFoundError:
                return False
        return after.identity == file.identity and target.stat().st_size == file.size

    def _file(self, storage: Any, path: str, info: Mapping[str, Any], root: str) -> DroppedFile:
        """``path`` as the storage writes it, below ``root``."""
        relative = path[len(root) :].lstrip("/")
        parts = relative.split("/")
        codes = {marketplace.code for marketplace in self.account.marketplaces}
        return DroppedFile(
            path=relative,
            name=parts[-1],
            size=int(info["size"]),
            modified=_modified(storage, path, info),
            etag=next((str(info[name]).strip('"') for name in _ETAGS if info.get(name)), ""),
            marketplace=parts[2] if len(parts) > 3 and parts[2] in codes else None,
        )

    @contextmanager
    def _storage(self) -> Iterator[tuple[Any, str]]:
        """The file system, and the root as it spells it. Its errors are raised as ours."""
        try:
            storage, root = resolve(self._uri)
            storage.invalidate_cache()
            yield storage, root.rstrip("/")
        except NotADirectoryError as error:
            raise self._missing() from error
        except PermissionError as error:
            raise ConfigurationError(
                f"the drop folder refuses access: {redact(str(error))}.",
                where=self._where,
                remedy="Give the workers read access, then clear the task.",
            ) from error
        except (ImportError, ValueError) as error:
            raise ConfigurationError(
                f"the drop folder's address cannot be used: {redact(str(error))}.",
                where=self._where,
                remedy="Correct the address, or install the storage's fsspec package.",
            ) from error
        except OSError as error:
            raise RetryableError(
                f"the drop folder does not answer: {redact(str(error))}.", where=self._where
            ) from error

    def _missing(self) -> ConfigurationError:
        return ConfigurationError(
            "the drop folder does not exist.",
            where=self._where,
            remedy="Create it, or correct its address.",
        )

    @property
    def _where(self) -> str:
        return f"variable sellerops_drop_folder_uri, {redact(self._uri)}"


def _modified(storage: Any, path: str, info: Mapping[str, Any]) -> datetime:
    """The time in the listing, if it has one: asking for each file takes another call."""
    found = info.get("LastModified") or info.get("mtime")
    if isinstance(found, int | float):
        return datetime.fromtimestamp(found, tz=UTC)
    moment: datetime = found if isinstance(found, datetime) else storage.modified(path)
    return moment.astimezone(UTC)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name matches one of the patterns, ignoring case: Windows writes `.CSV`."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


__all__ = ["FsspecDropFolder"]
