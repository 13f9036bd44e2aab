-- description: Expected units of the shipment queue against the items of the same shipments from the API.
-- inputs: [seller_portal.shipment_queue, amazon_sp.inbound_shipment_items]
-- unit: units
-- tolerance: {absolute: 0}
-- holds_after: 0d
-- look_back: 35d
-- severity: partial_failure
WITH items AS (
    SELECT i.account_id, i.shipment_id, sum(i.quantity_shipped) AS units, sum(i.quantity_received) AS received
    FROM amazon_sp.inbound_shipment_items AS i
    GROUP BY 1, 2
)
-- The page states no dates that can be compared in every store, so all shipments count for today.
SELECT q.account_id, q.marketplace_id, %(last_day)s::date - 1 AS day, q.shipment_id AS subject,
       q.units_expected AS left_value, i.units AS right_value,
       jsonb_build_object('status', q.status, 'located', q.units_located, 'received', i.received) AS evidence
FROM seller_portal.shipment_queue AS q
JOIN items AS i ON (i.account_id, i.shipment_id) = (q.account_id, q.shipment_id)
