SELECT f.marketplace_id, f.shipment_id, f.name, f.shipment_status, f.stage, f.expected_on, f.first_received_on,
       f.last_received_on, f.units_shipped, f.units_received, f.units_open, f.units_difference, f.status,
       CASE WHEN f.missing = '' THEN '{}' ELSE string_to_array(f.missing, ', ') END AS missing
FROM sellerops_marts.fba_shipments AS f
WHERE f.account_id = %(account)s AND f.marketplace_id = ANY (%(marketplaces)s) AND f.sku = %(sku)s
  AND (f.units_open > 0 OR coalesce(f.last_received_on, f.expected_on, f.created_on) >= %(start)s)
ORDER BY coalesce(f.expected_on, f.last_received_on, f.created_on) DESC NULLS LAST, f.shipment_id
