-- The newest forecast of each stock pool, at most two weeks old.
SELECT DISTINCT ON (f.stock_pool)
       f.marketplace_id, f.stock_pool, f.day, f.class AS demand_class, f.model, f.horizon_days, f.p10, f.p50, f.p80, f.p90, f.p95,
       f.daily_units, f.wape, f.baseline_wape, f.coverage_80, f.drift, r.order_status, r.order_quantity, r.order_by,
       r.position, r.stock_out_on, r.cover_days, r.target, r.reorder_point, f.status,
       CASE WHEN f.missing = '' THEN '{}' ELSE string_to_array(f.missing, ', ') END AS missing
FROM sellerops_marts.forecast AS f
LEFT JOIN LATERAL (
    SELECT r.* FROM sellerops_marts.restock AS r
    WHERE r.account_id = f.account_id AND r.marketplace_id = f.marketplace_id AND r.sku = f.sku
      AND r.day = ANY (%(newest_days)s::date[])
    ORDER BY r.day DESC LIMIT 1
) AS r ON true
WHERE f.account_id = %(account)s AND f.marketplace_id = ANY (%(marketplaces)s) AND f.sku = %(sku)s
  AND f.day = ANY (%(newest_days)s::date[])
ORDER BY f.stock_pool, f.day DESC
