"""What every service of docker-compose*.yaml keeps to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def assert_confined(services: Mapping[str, Mapping[str, Any]]) -> None:
    """No container writes to its image or keeps powers that it does not need.

    A browser writes beside its profile and needs its own sandbox; Postgres hands its volume over.
    """
    added = {}
    for name, service in services.items():
        assert service.get("cap_drop") == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service.get("read_only") or name.startswith("browser-"), name
        assert not {"privileged", "network_mode", "pid", "devices"} & set(service), name
        for place in service.get("tmpfs", []):
            assert ":size=" in place, f"{name} could fill the memory through {place}"
        added[name] = service.get("cap_add", [])
    assert {name for name, given in added.items() if given} == {"postgres"}
    assert "SYS_ADMIN" not in added["postgres"]


def in_memory(service: Mapping[str, Any]) -> set[str]:
    """The paths of a service that are memory."""
    return {place.split(":")[0] for place in service.get("tmpfs", [])}


def on_disk(service: Mapping[str, Any]) -> set[str]:
    """The paths of a service where a volume of its own or a folder is mounted."""
    return {mount.split(":")[1] for mount in service.get("volumes", [])}


def assert_documents_wait_on_a_disk(services: Mapping[str, Mapping[str, Any]]) -> None:
    """Documents are larger than memory: Python's temporary files of every Airflow service are in a volume."""
    for name, service in services.items():
        if not name.startswith(("airflow-", "amazon")):
            continue
        environment = service["environment"]
        assert environment["TMPDIR"] in on_disk(service), name
        if name != "amazon":
            assert environment["AIRFLOW_CONFIG"].rpartition("/")[0] in in_memory(service), name
