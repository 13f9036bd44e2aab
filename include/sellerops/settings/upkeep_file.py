"""``config/upkeep.yaml``: how long data is kept, and when sizes, backups and secrets are reported."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sellerops.base.errors import ConfigurationError
from sellerops.settings.config_files import shown
from sellerops.settings.last_valid import ConfigFile, Files
from sellerops.settings.specs import ReportSpec
from sellerops.settings.specs.durations import Duration

# None: forever.
Age = Annotated[Duration | None, BeforeValidator(lambda value: None if value == "forever" else value)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Documents(_Strict):
    """How long documents are kept, by the family of their report."""

    default: Age = None
    families: dict[str, Age] = {}


class FullAt(_Strict):
    """Reported when this percentage is used, or when it will be full ``within`` this time."""

    percent: float = Field(gt=0, le=100)
    within: Duration


class Sizes(_Strict):
    warn: FullAt = FullAt(percent=80, within=timedelta(days=14))
    fail: FullAt = FullAt(percent=92, within=timedelta(days=3))
    database_limit_gb: float | None = Field(default=None, gt=0)


class Ages(_Strict):
    """Reported when older than this."""

    warn: Duration = timedelta(days=2)
    fail: Duration = timedelta(days=7)


class Secrets(_Strict):
    """``lasts``: how long a secret is valid after its renewal.

    ``warn`` and ``fail``: how long before its expiry it is reported.
    """

    lasts: Duration = timedelta(days=180)
    warn: Duration = timedelta(days=30)
    fail: Duration = timedelta(days=7)


class UpkeepSettings(_Strict):
    documents: Documents = Documents()
    sizes: Sizes = Sizes()
    backups: Ages = Ages()
    secrets: Secrets = Secrets()

    def document_age(self, spec: ReportSpec) -> timedelta | None:
        """How long the archive keeps the report's documents; None means forever."""
        own = spec.archive_retention
        if own is not None:
            return own
        return self.documents.families.get(spec.family, self.documents.default)


def _build(files: Files, path: Path) -> UpkeepSettings:
    try:
        return UpkeepSettings.model_validate(files.yaml_or_nothing(path))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise ConfigurationError(f"{problem['msg']}.", where=f"{shown(path)}, key `{key}`") from error


UPKEEP = ConfigFile("upkeep.yaml", _build)

__all__ = ["UPKEEP", "UpkeepSettings"]
