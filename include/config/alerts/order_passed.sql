-- title: Order-by date passed
-- description: "The last day to order has passed: with usual demand, units will be lost before an order placed today arrives."
-- remedy: Place the order, and enter it in reference table stock_elsewhere; or set an override with a reason.
-- severity: urgent
-- tells_costs: true
-- inputs: [restock]
-- thresholds:
--   least_units_per_day: SKUs that sell fewer units per day are left out.
WITH newest AS (
    SELECT account_id, marketplace_id, max(day) AS day FROM sellerops_marts.restock
    WHERE account_id = %(account_id)s GROUP BY 1, 2
)
SELECT r.account_id, r.marketplace_id, r.sku AS subject,
       format('order %%s units; %%s units (%%s %%s of margin) are lost even if you order today', r.order_quantity,
              round(r.lost_units), coalesce(round(r.lost_margin, 2)::text, 'unknown'), r.currency) AS summary,
       r.daily_units * r.unit_margin AS money_per_day, r.currency,
       jsonb_build_object('order_by', r.order_by, 'quantity', r.order_quantity, 'position', r.position,
                          'stock_out_on', r.stock_out_on, 'lost_units', r.lost_units,
                          'lost_margin', r.lost_margin, 'of', r.day) AS evidence
FROM sellerops_marts.restock AS r
JOIN newest AS n USING (account_id, marketplace_id, day)
WHERE r.order_status = 'order_now' AND r.lost_units > 0
  AND r.order_quantity > 0 AND r.daily_units >= %(least_units_per_day)s
