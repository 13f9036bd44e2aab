"""Where the BigQuery tables are, and by which client."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.cloud.bigquery import Client


@dataclass(frozen=True)
class BigQueryAddress:
    """``client``: makes a client, once for each destination, at the first load.

    Datasets are ``<dataset_prefix><source>`` of ``project``, made in ``location`` (``EU``, ``us-east1``)
    where there is none. ``labels``: further labels for all tables and jobs. ``patience``: seconds after which
    a call that is refused for a passing reason is repeated no more.
    """

    client: Callable[[], Client]
    project: str
    dataset_prefix: str = ""
    location: str = "US"
    labels: Mapping[str, str] = field(default_factory=dict)
    patience: float = 120.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", clean_labels(self.labels))


def clean_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """As BigQuery takes them: lower case letters, digits, ``_`` and ``-``, at most 63."""

    def plain(text: str) -> str:
        return re.sub(r"[^a-z0-9_-]", "_", text.lower())[:63]

    return {plain(name): plain(value) for name, value in labels.items()}
