SELECT run.id AS inbound_run_id, run.name, run.account_id, coalesce(market.code, run.marketplace_id) AS marketplace,
       shipment.shipment_id, shipment.confirmation_id, shipment.status, shipment.warehouse_id,
       coalesce(shipment.delivered_at, shipment.closed_at) AS since, item.sku, item.fnsku,
       coalesce(item.shipped, item.planned) AS shipped, item.received,
       coalesce(item.received, 0) - coalesce(item.shipped, item.planned) AS difference,
       item.difference_reported_at
FROM sellerops.inbound_run AS run
LEFT JOIN sellerops.marketplace AS market ON market.id = run.marketplace_id
JOIN sellerops.inbound_shipment AS shipment ON shipment.inbound_run_id = run.id AND shipment.is_chosen
JOIN sellerops.inbound_shipment_item AS item
    ON (item.inbound_run_id, item.shipment_id) = (run.id, shipment.shipment_id)
WHERE shipment.status NOT IN ('CANCELLED', 'DELETED')
  AND coalesce(shipment.delivered_at, shipment.closed_at) IS NOT NULL
  AND item.received IS DISTINCT FROM coalesce(item.shipped, item.planned)
  AND (%(accounts)s::text[] IS NULL OR run.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR run.marketplace_id = ANY (%(marketplaces)s))
ORDER BY coalesce(item.received, 0) - coalesce(item.shipped, item.planned), run.id DESC, shipment.shipment_id, item.sku
LIMIT 10000
