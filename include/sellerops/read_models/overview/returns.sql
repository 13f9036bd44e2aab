-- Months whose returns still count for the fee: returns of a month's shipments count for two more months.
-- Fewer shipped units than the rule exempts are left out.
WITH marketplaces AS (
    SELECT a.account_id, m.id AS marketplace_id
    FROM sellerops_reference.account_setting AS a CROSS JOIN sellerops.marketplace AS m
    WHERE (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR m.id = ANY (%(marketplaces)s))
),
months AS (
    SELECT (date_trunc('month', %(end)s::date) - make_interval(months => back))::date AS month
    FROM generate_series(0, 2) AS back
),
found AS MATERIALIZED (
    SELECT r.account_id, r.marketplace_id, r.month, r.sku, p.title, r.category, r.units_shipped, r.units_returned,
           r.return_rate, r.threshold, r.units_above_threshold,
           r.threshold * r.units_shipped - r.units_returned AS units_left,
           r.return_rate > r.threshold AS is_above,
           r.status, '[]'::jsonb AS missing
    FROM marketplaces AS s CROSS JOIN months AS m
    JOIN sellerops_marts.return_rate_month AS r USING (account_id, marketplace_id, month)
    LEFT JOIN sellerops_marts.product AS p ON (p.account_id, p.sku) = (r.account_id, r.sku)
    WHERE r.return_rate >= %(share)s * r.threshold AND r.units_shipped >= coalesce((
        SELECT f.amount FROM sellerops_reference.fee_rule AS f
        WHERE f.rule = 'returns_exempt_units' AND f.marketplace_id = r.marketplace_id
          AND r.month BETWEEN f.valid_from AND f.valid_to LIMIT 1), 0)
),
totals AS (
    SELECT '' AS currency, count(*) AS row_count, count(*) FILTER (WHERE is_above) AS above,
           coalesce(sum(units_above_threshold), 0) AS units_above_threshold
    FROM found
)
SELECT (SELECT coalesce(json_agg(r), '[]') FROM (SELECT * FROM found ORDER BY {order_by}, account_id, marketplace_id, month, sku
                                                 LIMIT %(limit)s OFFSET %(offset)s) AS r) AS rows,
       (SELECT coalesce(json_agg(t), '[]') FROM totals AS t) AS totals,
       (SELECT count(*) FROM found) AS row_count,
       (SELECT CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                    WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END FROM found) AS status,
       ARRAY(SELECT DISTINCT word FROM found, jsonb_array_elements_text(missing) AS word ORDER BY word) AS missing
