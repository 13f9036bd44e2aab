-- title: Out of stock
-- description: A SKU that sells has no sellable unit at Amazon; every day without it loses its margin.
-- remedy: Send units from your warehouse or AWD, speed up an open shipment, or order.
-- severity: urgent
-- inputs: [inventory_levels, restock]
-- thresholds:
--   least_units_per_day: SKUs that sell fewer units per day are left out.
WITH newest AS (
    SELECT account_id, marketplace_id, max(day) AS day FROM sellerops_marts.restock
    WHERE account_id = %(account_id)s GROUP BY 1, 2
)
SELECT i.account_id, i.marketplace_id, i.sku AS subject,
       format('no sellable unit since %%s or before; %%s units a day are lost; next shipment: %%s', i.day,
              round(r.daily_units, 1), coalesce(i.next_expected_on::text, 'none')) AS summary,
       r.daily_units * r.unit_margin AS money_per_day, r.currency,
       jsonb_build_object('day', i.day, 'daily_units', r.daily_units, 'unit_margin', r.unit_margin,
                          'inbound_open', i.inbound_open, 'own_warehouse', r.own_warehouse) AS evidence
FROM sellerops_marts.inventory_levels AS i
JOIN newest AS n USING (account_id, marketplace_id)
JOIN sellerops_marts.restock AS r
  ON (r.account_id, r.marketplace_id, r.day, r.sku) = (n.account_id, n.marketplace_id, n.day, i.sku)
WHERE i.account_id = %(account_id)s AND i.available = 0 AND i.is_counted
  AND r.daily_units >= %(least_units_per_day)s
