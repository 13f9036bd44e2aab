"""Decides whether a file of a web page is the requested one, before it is archived.

Pages hand out other files than the requested ones: another store's (the session decides, not the address),
today's instead of the wanted days (a date picker that ignored what was typed), or an error page under the
name of a CSV.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from sellerops.base.errors import WrongFile
from sellerops.calendar.slices import Slice
from sellerops.settings.specs import ReportSpec

# What page objects say about a file, if the page shows it (``DownloadedFile.facts``). Days are ISO and
# inclusive, read back from the page or from the row of its list, never copied from the request.
FIRST_DAY, LAST_DAY = "first_day", "last_day"
# The country code (`GB`), or Amazon's id, of the store that the page names.
MARKETPLACE = "marketplace"
# The brand chosen on the page. Also stated by the first row of Brand Analytics files.
BRAND = "brand"


def check_file(path: Path, name: str, facts: Mapping[str, str], spec: ReportSpec, slice_: Slice) -> None:
    """Accept a file, or raise WrongFile with the reason.

    :param path: the downloaded file; ``name``: the name that the page gave it.
    :param facts: what the page said about it, under the names above; further ones are ignored.
    :param slice_: what was requested. Without days (a drop folder, a snapshot), days are not compared.

    A file with a header and no rows is accepted, and so is one whose header the spec does not know: it is
    archived, and its load fails with the header in the error, until the spec names it.
    """
    _compare_facts(facts, slice_, name)


def _compare_facts(facts: Mapping[str, str], slice_: Slice, name: str) -> None:
    """What the page showed against what was requested."""
    for fact, wanted in ((FIRST_DAY, slice_.first_day), (LAST_DAY, slice_.last_day)):
        if wanted and fact in facts and date.fromisoformat(facts[fact]) != date.fromisoformat(wanted):
            raise wrong(name, f"the page showed {facts[fact]} as {fact.replace('_', ' ')}, not {wanted}.")
    told, of_slice = facts.get(MARKETPLACE), slice_.marketplace
    if told and of_slice and told not in (of_slice.code, of_slice.id):
        raise wrong(name, f"the page showed the store {told}, not {of_slice.code}.")


def wrong(name: str, cause: str) -> WrongFile:
    """The error for a file that is not the requested one."""
    return WrongFile(f"it is not the requested file: {cause}", where=name)
