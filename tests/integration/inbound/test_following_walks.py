"""From the request to the last unit: runs that the workflow confirmed are followed to their end."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

from integration.inbound.following_parts import rows
from integration.inbound.walks import Harbour, Walk, assert_no_typed_failure, go, request, with_carrier

from sellerops.inbound.follow_up.announcing import announce_deadlines, close_runs, report_differences
from sellerops.inbound.follow_up.following import follow
from sellerops.inbound.offers import OWN, PARTNERED
from sellerops.inbound.store import RunState
from sellerops.ledger.notices import claim
from sellerops.notices import Notice

DAY = timedelta(days=1)


class Post:
    """What people got."""

    def __init__(self, harbour: Harbour) -> None:
        self.harbour, self.sent = harbour, list[Notice]()

    def send(self, notice: Notice) -> None:
        with self.harbour.ledger.connection() as connection:
            if claim(connection, notice.key, uuid.uuid4()):
                self.sent.append(notice)

    def deadlines(self) -> list[str]:
        """Headlines of all deadlines announced so far."""
        announce_deadlines(
            self.harbour.ledger, self.send, lambda dag_id, run_id: "", lambda dag_id: "",
            void_notice=self.harbour.settings.following.void_notice,
        )  # fmt: skip
        return [notice.headline for notice in self.sent]


def follow_for(harbour: Harbour, walk: Walk, post: Post, days: int) -> RunState:
    """What the daily DAG does, every other day."""
    rules = harbour.settings.following
    for _ in range(0, days, 2):
        harbour.jump(days=2)
        go(follow(harbour.services(walk.run.account_id), walk.run.id))
        report_differences(harbour.ledger, post.send, received_after=rules.received_after)
        close_runs(harbour.ledger, stop_after=rules.stop_after)
    return harbour.store.run(walk.run.id).state


def test_lost_units_are_reported_and_the_charge_was_announced(harbour: Harbour) -> None:
    harbour.sandbox.faults("units_lost", options={"units": 2})
    post = Post(harbour)
    walk = go(harbour.walk(request(), with_carrier(PARTNERED)))
    assert_no_typed_failure(walk)
    shipments = harbour.store.shipments(walk.run.id, chosen=True)
    harbour.jump(hours=21)
    (headline,) = post.deadlines()
    charge = sum(each.transportation_fee or 0 for each in shipments)
    assert headline.startswith(
        f"{walk.run.name}: Amazon's partnered carrier charges {charge:,.2f} USD; free cancellation ends in "
    )
    assert follow_for(harbour, walk, post, 14) is RunState.SHIPPED
    assert follow_for(harbour, walk, post, 24) is RunState.CLOSED
    reported = [notice.headline for notice in post.sent[1:]]
    assert len(reported) == len(shipments)
    assert all("2 units not received" in headline for headline in reported)
    units = rows(
        harbour.ledger,
        "SELECT shipment, sum(planned) AS planned, sum(shipped) AS shipped, sum(difference) AS difference, "
        "min(status) AS status FROM sellerops_views.inbound_status GROUP BY shipment ORDER BY shipment",
    )
    assert {row["shipment"] for row in units} == {each.confirmation_id for each in shipments}
    for row in units:
        assert (row["planned"], row["difference"], row["status"]) == (row["shipped"], -2, "CLOSED")


def test_an_own_carrier_without_tracking_numbers_is_remembered(harbour: Harbour) -> None:
    wanted = request()
    walk = go(harbour.walk(wanted, with_carrier(OWN), until="fetch_labels"))
    assert_no_typed_failure(walk)
    post = Post(harbour)
    assert not [each for each in post.deadlines() if "tracking" in each]
    harbour.jump(days=4)
    (headline,) = [each for each in post.deadlines() if "tracking" in each]
    assert headline.startswith(f"{walk.run.name}: tracking numbers are missing for FBA")


def test_a_plan_cancelled_in_seller_central_is_noticed(harbour: Harbour) -> None:
    walk = go(harbour.walk(request(), with_carrier(PARTNERED), until="confirm_transportation"))
    services = harbour.services(walk.run.account_id)

    async def cancel() -> None:
        path = f"/inbound/fba/2024-03-20/inboundPlans/{walk.run.plan_id}/cancellation"
        await services.client.call("cancelInboundPlan", "PUT", path)
        while (await services.reads.get("getInboundPlan", path.rpartition("/")[0]))["status"] != "VOIDED":
            await asyncio.sleep(0.05)
            await services.pause(60)

    go(cancel())
    followed = go(follow(harbour.services(walk.run.account_id), walk.run.id))
    assert followed.state == "cancelled"
    run = harbour.store.run(walk.run.id)
    assert run.state is RunState.CANCELLED
    assert run.problem == "The plan was cancelled at Amazon, outside of this run."
