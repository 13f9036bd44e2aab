SELECT run.id, run.name, run.account_id, coalesce(market.code, run.marketplace_id) AS marketplace, run.state,
       run.requested_by, run.dag_id, run.run_id, run.problem, run.remedy, run.created_at, run.updated_at,
       (run.request ->> 'ready_at')::timestamptz AS ready_at, asked.planned, arrived.*,
       run.state NOT IN ('closed', 'rejected', 'cancelled', 'dry_run') AS is_open,
       run.state = 'awaiting_approval' AS needs_approval,
       coalesce(arrived.differing_skus, 0) > 0 AS has_difference
FROM sellerops.inbound_run AS run
LEFT JOIN sellerops.marketplace AS market ON market.id = run.marketplace_id
CROSS JOIN LATERAL (
    SELECT sum(quantity)::bigint AS planned FROM sellerops.inbound_item WHERE inbound_run_id = run.id
) AS asked
CROSS JOIN LATERAL (
    -- Before its shipment is delivered, units that are not received yet are no difference.
    SELECT count(DISTINCT shipment.shipment_id) AS shipments, sum(item.shipped)::bigint AS shipped,
           sum(item.received)::bigint AS received,
           (sum(coalesce(item.received, 0) - coalesce(item.shipped, item.planned))
               FILTER (WHERE coalesce(shipment.delivered_at, shipment.closed_at) IS NOT NULL))::bigint AS difference,
           count(*) FILTER (WHERE coalesce(shipment.delivered_at, shipment.closed_at) IS NOT NULL
               AND item.received IS DISTINCT FROM coalesce(item.shipped, item.planned)) AS differing_skus
    FROM sellerops.inbound_shipment AS shipment
    LEFT JOIN sellerops.inbound_shipment_item AS item USING (inbound_run_id, shipment_id)
    WHERE shipment.inbound_run_id = run.id AND shipment.is_chosen
      AND shipment.status NOT IN ('CANCELLED', 'DELETED')
) AS arrived
WHERE (%(accounts)s::text[] IS NULL OR run.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR run.marketplace_id = ANY (%(marketplaces)s))
ORDER BY run.id DESC
LIMIT 2000
