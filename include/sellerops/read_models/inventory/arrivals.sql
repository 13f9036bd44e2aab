SELECT f.account_id, f.marketplace_id, coalesce(m.code, f.marketplace_id) AS marketplace, f.shipment_id, f.name,
       f.shipment_status, f.stage, f.warehouse, f.ready_on, f.expected_on, count(*) AS skus,
       sum(f.units_shipped)::bigint AS units_shipped, sum(f.units_received)::bigint AS units_received,
       sum(f.units_open)::bigint AS units_open,
       CASE WHEN bool_or(f.status = 'incomplete') THEN 'incomplete'
            WHEN bool_or(f.status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status,
       array(SELECT DISTINCT word FROM unnest(array_agg(f.missing)) AS line,
             unnest(string_to_array(line, ', ')) AS word WHERE word <> '' ORDER BY word) AS missing
FROM sellerops_marts.fba_shipments AS f
LEFT JOIN sellerops.marketplace AS m ON m.id = f.marketplace_id
WHERE f.units_open > 0
  AND (%(accounts)s::text[] IS NULL OR f.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR f.marketplace_id = ANY (%(marketplaces)s))
  AND (%(sku)s::text IS NULL OR f.sku = %(sku)s)
GROUP BY f.account_id, f.marketplace_id, m.code, f.shipment_id, f.name, f.shipment_status, f.stage, f.warehouse,
         f.ready_on, f.expected_on
ORDER BY f.expected_on NULLS LAST, f.shipment_id
LIMIT 500
