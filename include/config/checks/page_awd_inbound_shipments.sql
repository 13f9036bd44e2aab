-- description: Units of AWD inbound shipments on the page against the same lines of the API.
-- inputs: [seller_portal.awd_inbound_shipments, amazon_sp.awd_inbound_shipment_skus]
-- unit: units
-- tolerance: {absolute: 0}
-- holds_after: 0d
-- look_back: 35d
-- severity: partial_failure
SELECT p.account_id, '' AS marketplace_id, (max(a.created_at) AT TIME ZONE 'UTC')::date AS day, p.shipment_id AS subject,
       sum(p.units_expected) AS left_value, sum(a.expected_quantity) AS right_value,
       jsonb_build_object(
           'skus_off', (array_agg(DISTINCT p.sku) FILTER (WHERE p.units_expected IS DISTINCT FROM a.expected_quantity))[1:5]
       ) AS evidence
FROM seller_portal.awd_inbound_shipments AS p
JOIN amazon_sp.awd_inbound_shipment_skus AS a
  ON a.account_id = p.account_id AND a.shipment_id = p.shipment_id AND a.sku = p.sku
WHERE a.created_at >= %(first_day)s::date
GROUP BY p.account_id, p.shipment_id
