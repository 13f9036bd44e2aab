-- title: Shipment received short
-- description: Amazon closed an FBA shipment with fewer units than were shipped.
-- remedy: Compare with the packing list and the carrier's proof of delivery, then open a reconciliation case.
-- severity: warning
-- inputs: [fba_shipments, sellerops_reference.cost]
-- thresholds:
--   days: Days since the last receipt after which it is no longer reported.
--   least_units: Fewer missing units are left out.
SELECT f.account_id, f.marketplace_id, f.shipment_id AS subject,
       format('%%s of %%s units are missing (%%s SKUs)', -sum(f.units_difference), sum(f.units_shipped), count(*)) AS summary,
       -sum(f.units_difference * c.manufacturing) / %(days)s AS money_per_day, max(c.currency) AS currency,
       jsonb_build_object('name', max(f.name), 'missing', -sum(f.units_difference),
                          'skus', (array_agg(f.sku ORDER BY f.units_difference, f.sku))[1:5],
                          'last_receipt', max(f.last_received_on)) AS evidence
FROM sellerops_marts.fba_shipments AS f
LEFT JOIN LATERAL (
    SELECT c.manufacturing, c.currency FROM sellerops_reference.cost AS c
    WHERE c.account_id = f.account_id AND c.sku = f.sku AND c.marketplace_id IN ('', f.marketplace_id)
      AND %(today)s BETWEEN c.valid_from AND c.valid_to
    ORDER BY c.marketplace_id DESC LIMIT 1
) AS c ON true
WHERE f.account_id = %(account_id)s AND f.units_difference < 0
GROUP BY f.account_id, f.marketplace_id, f.shipment_id
HAVING -sum(f.units_difference) >= %(least_units)s
   AND coalesce(max(f.last_received_on), max(f.expected_on)) >= %(today)s::date - %(days)s
