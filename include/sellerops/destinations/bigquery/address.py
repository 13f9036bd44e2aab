"""Where the BigQuery tables are, and how to make a client for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sellerops.base.errors import ConfigurationError

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

    from sellerops.destinations.base import ConnectionValues

_VARIABLE = "SELLEROPS_BIGQUERY_"
_LOCAL_SERVER = "BIGQUERY_EMULATOR_HOST"


@dataclass(frozen=True)
class BigQueryAddress:
    """The project and datasets of a BigQuery destination, and how to create its client.

    ``client`` is called once per destination, at the first load. Datasets are named
    ``<dataset_prefix><source>`` in ``project``; missing ones are created in ``location`` (``EU``,
    ``us-east1``). ``labels``: further labels for all tables and jobs. ``patience``: for how many seconds a
    call that fails with a transient error is retried.
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
    """Labels in BigQuery's form: lower case letters, digits, ``_`` and ``-``, at most 63 characters."""

    def plain(text: str) -> str:
        return re.sub(r"[^a-z0-9_-]", "_", text.lower())[:63]

    return {plain(name): plain(value) for name, value in labels.items()}


def address_from(
    environment: Mapping[str, str], connection: Callable[[], ConnectionValues | None]
) -> BigQueryAddress:
    """The address in ``$SELLEROPS_BIGQUERY_PROJECT``, ``_LOCATION`` and ``_DATASET_PREFIX`` or, if no project
    is set there, in ``connection``.

    The client authenticates as Google's libraries do (``GOOGLE_APPLICATION_CREDENTIALS``, ``gcloud auth``);
    with ``BIGQUERY_EMULATOR_HOST`` it does not authenticate. Raises ConfigurationError if neither names a
    project.
    """
    names = ("project", "location", "dataset_prefix")
    values = {name: environment.get(f"{_VARIABLE}{name.upper()}", "") for name in names}
    if not values["project"] and (found := connection()):
        values = {name: str(found.extra.get(name) or "") for name in names}
    if not values["project"]:
        raise ConfigurationError(
            "the BigQuery project is unknown.",
            remedy=f"Set {_VARIABLE}PROJECT, _LOCATION, _DATASET_PREFIX as in connection sellerops_bigquery.",
        )
    project, location = values["project"], values["location"] or BigQueryAddress.location
    is_local = bool(environment.get(_LOCAL_SERVER))
    return BigQueryAddress(
        client=lambda: _client(project, location, is_local=is_local),
        project=project,
        dataset_prefix=values["dataset_prefix"],
        location=location,
    )


def _client(project: str, location: str, *, is_local: bool) -> Client:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.bigquery import Client

    credentials = AnonymousCredentials() if is_local else None  # type: ignore[no-untyped-call]
    return Client(project=project, location=location, credentials=credentials)
