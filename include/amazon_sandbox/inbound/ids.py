"""Identifiers of this API: two letters and a UUID, 38 characters; for operations, a UUID alone."""

from __future__ import annotations

import uuid

from amazon_sandbox.simulation.streams import UPPER_ALNUM, number, token


class Ids:
    """Makes identifiers from a seed and a counter, so that the same calls give the same ids."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0

    def make(self, prefix: str = "") -> str:
        """The next id; `wf` a plan, `po`, `pg` packing, `pl` placement, `sh` a shipment, `to` transport."""
        self._count += 1
        key = (self._seed, "inbound id", self._count)
        bits = number(*key, "high") << 64 | number(*key, "low")
        return prefix + str(uuid.UUID(int=bits, version=4))


def confirmation_id(shipment_id: str) -> str:
    """The shipment's id on labels and in version v0. Those of the generated history begin with FBA15."""
    return "FBA19" + token(UPPER_ALNUM, 7, shipment_id, "confirmation")


def derived_id(prefix: str, key: str) -> str:
    """The id that belongs to another one."""
    bits = number(key, prefix, "high") << 64 | number(key, prefix, "low")
    return prefix + str(uuid.UUID(int=bits, version=4))
