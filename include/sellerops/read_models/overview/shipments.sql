-- Closed shipments with fewer units received than shipped, and offers that wait for an approval.
WITH short AS (
    SELECT f.account_id, f.marketplace_id, f.shipment_id, max(f.name) AS name, sum(f.units_shipped) AS units_shipped,
           -sum(f.units_difference) FILTER (WHERE f.units_difference < 0) AS units_missing,
           coalesce(max(f.last_received_on), max(f.expected_on)) AS since,
           CASE WHEN count(*) FILTER (WHERE f.units_difference < 0 AND c.manufacturing * x.rate IS NULL) = 0
                THEN sum(round(-f.units_difference * c.manufacturing * x.rate, 6)) FILTER (WHERE f.units_difference < 0) END AS value,
           max(t.currency) AS currency
    FROM sellerops_marts.fba_shipments AS f
    LEFT JOIN sellerops_reference.account_setting AS a USING (account_id)
    LEFT JOIN sellerops.marketplace AS m ON m.id = f.marketplace_id
    CROSS JOIN LATERAL (SELECT CASE WHEN %(in_reporting)s THEN a.reporting_currency ELSE m.currency END AS currency) AS t
    LEFT JOIN LATERAL (
        SELECT c.manufacturing, c.currency FROM sellerops_reference.cost AS c
        WHERE c.account_id = f.account_id AND c.sku = f.sku AND c.marketplace_id IN ('', f.marketplace_id)
          AND coalesce(f.last_received_on, f.expected_on) BETWEEN c.valid_from AND c.valid_to
        ORDER BY c.marketplace_id DESC LIMIT 1
    ) AS c ON f.units_difference < 0
    LEFT JOIN LATERAL (
        SELECT 1::numeric AS rate WHERE c.currency = t.currency
        UNION ALL
        (SELECT r.rate FROM sellerops_reference.fx_rate AS r
         WHERE r.day BETWEEN %(today)s::date - 30 AND %(today)s::date AND c.currency <> t.currency
           AND r.from_currency = c.currency AND r.to_currency = t.currency
         ORDER BY r.day DESC LIMIT 1)
    ) AS x ON true
    WHERE coalesce(f.last_received_on, f.expected_on) >= %(today)s::date - %(days)s
      AND (%(accounts)s::text[] IS NULL OR f.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR f.marketplace_id = ANY (%(marketplaces)s))
    GROUP BY f.account_id, f.marketplace_id, f.shipment_id
    HAVING count(*) FILTER (WHERE f.units_difference < 0) > 0
),
waiting AS (
    SELECT run.account_id, run.marketplace_id, run.id::text AS shipment_id, run.name, run.dag_id, run.run_id,
           run.updated_at::date AS since,
           (SELECT min(option.expires_at) FROM (
                SELECT o.expires_at FROM sellerops.inbound_placement_option AS o WHERE o.inbound_run_id = run.id
                UNION ALL
                SELECT o.expires_at FROM sellerops.inbound_transportation_option AS o WHERE o.inbound_run_id = run.id
            ) AS option WHERE option.expires_at > sellerops.now()) AS expires_at
    FROM sellerops.inbound_run AS run
    WHERE run.state = 'awaiting_approval'
      AND (%(accounts)s::text[] IS NULL OR run.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR run.marketplace_id = ANY (%(marketplaces)s))
),
found AS MATERIALIZED (
    SELECT 'approval' AS kind, account_id, marketplace_id, shipment_id, name, since, expires_at, dag_id, run_id,
           NULL::bigint AS units_shipped, NULL::bigint AS units_missing, NULL::numeric AS value, '' AS currency,
           'complete' AS status, '[]'::jsonb AS missing
    FROM waiting
    UNION ALL
    SELECT 'short', account_id, marketplace_id, shipment_id, name, since, NULL, '', '',
           units_shipped, units_missing, value, coalesce(currency, ''),
           CASE WHEN value IS NULL THEN 'incomplete' ELSE 'complete' END,
           CASE WHEN value IS NULL THEN '["cost"]'::jsonb ELSE '[]'::jsonb END
    FROM short
),
totals AS (
    SELECT kind, currency, count(*) AS row_count, count(*) FILTER (WHERE kind = 'approval') AS approvals,
           count(*) FILTER (WHERE kind = 'short') AS short, sum(units_missing) AS units_missing, sum(value) AS value,
           count(*) FILTER (WHERE kind = 'short' AND value IS NULL) AS without_value
    FROM found GROUP BY kind, currency ORDER BY kind, currency
)
SELECT (SELECT coalesce(json_agg(r), '[]') FROM (SELECT * FROM found ORDER BY {order_by}, kind, account_id, shipment_id
                                                 LIMIT %(limit)s OFFSET %(offset)s) AS r) AS rows,
       (SELECT coalesce(json_agg(t), '[]') FROM totals AS t) AS totals,
       (SELECT count(*) FROM found) AS row_count,
       (SELECT CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                    WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END FROM found) AS status,
       ARRAY(SELECT DISTINCT word FROM found, jsonb_array_elements_text(missing) AS word ORDER BY word) AS missing
