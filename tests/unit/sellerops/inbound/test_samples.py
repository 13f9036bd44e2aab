"""The sample packing lists of docs/inbound.md can be shipped by the demo's sellers."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.inbound_requests import facts

from amazon_sandbox.inbound.products import usual_prep
from amazon_sandbox.simulation.simulation import Simulation
from sellerops.inbound.models import InboundRequest
from sellerops.inbound.requests.form import parse_form
from sellerops.inbound.requests.request_facts import PrepDetails
from sellerops.inbound.requests.validation import find_problems, with_owners
from sellerops.settings.marketplaces import marketplace

ROOT = Path(__file__).resolve().parents[4]
US = {"account": "northwind_na", "marketplace": "US", "source_address": "dallas"}
SAMPLES = {
    "us_parcels.csv": US,
    "us_pallets.xlsx": US | {"shipping": "LTL", "contact": "dallas_dock", "freight_class": "70"},
    "de_parcels.xlsx": {
        "account": "northwind_eu",
        "marketplace": "DE",
        "source_address": "leipzig",
        "contact": "leipzig_dock",
    },
}
UNITS = {"us_parcels.csv": 78, "us_pallets.xlsx": 200, "de_parcels.xlsx": 54}


def sample(name: str) -> InboundRequest:
    ready = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    values: dict[str, Any] = {**SAMPLES[name], "name": "Sample", "ready": ready, "packing_list_file": name}
    return parse_form(values)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_has_no_problem_with_what_the_demos_amazon_knows(name: str) -> None:
    """Each SKU is listed for FBA, and classified there or in the list."""
    made = sample(name)
    assert made.units == UNITS[name]
    amazon = Simulation(seed=7)
    storefront = amazon.storefront(amazon.seller(made.account_id), marketplace(made.marketplace).id)
    listings = {each.sku: each for each in storefront.listings}
    preps = {
        item.sku: usual_prep(storefront, listings[item.sku]) for item in made.items if item.sku in listings
    }
    known = facts(
        now=datetime.now(UTC),
        listed={sku: not each.is_merchant for sku, each in listings.items()},
        prep={sku: PrepDetails(each.category, each.all_types) for sku, each in preps.items()},
    )
    assert find_problems(made, known) == []
    for item in with_owners(made, known).items:
        prep = preps[item.sku]
        if prep.category != "UNKNOWN":
            assert item.prep_owner in prep.prep_owners
            assert item.label_owner in prep.label_owners


def test_the_rest_call_of_the_page_is_a_request() -> None:
    (example,) = re.findall(
        r"```json\n(.*?)```", (ROOT / "docs/inbound.md").read_text(encoding="utf-8"), re.DOTALL
    )
    made = parse_form(json.loads(example)["conf"])
    assert (made.units, len(made.boxes), made.pack_later) == (20, 1, False)
