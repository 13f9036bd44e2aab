WITH found AS MATERIALIZED (
    SELECT o.account_id, o.marketplace_id, o.day, o.kind, o.reference, o.sku, o.open AS units, o.claim_from, o.claim_until,
           o.claim_until - %(today)s::date AS days_left, o.claim_from <= %(today)s::date AS can_claim, o.value_basis,
           coalesce(CASE WHEN %(in_reporting)s THEN a.reporting_currency ELSE o.currency END, '') AS currency,
           round(o.value * x.rate, 6) AS value,
           CASE WHEN o.value * x.rate IS NULL THEN 'incomplete' ELSE o.status END AS status,
           CASE WHEN o.missing = '' THEN '[]'::jsonb ELSE to_jsonb(string_to_array(o.missing, ', ')) END
               || CASE WHEN x.rate IS NULL AND o.value IS NOT NULL THEN '["fx_rate"]'::jsonb ELSE '[]'::jsonb END AS missing
    FROM sellerops_marts.owed AS o
    LEFT JOIN sellerops_reference.account_setting AS a USING (account_id)
    -- At today's rate: it is still to come.
    LEFT JOIN LATERAL (
        SELECT CASE WHEN %(in_reporting)s THEN f.rate ELSE 1 END AS rate FROM sellerops_reference.fx_rate AS f
        WHERE f.day BETWEEN %(today)s::date - 30 AND %(today)s::date
          AND f.from_currency = o.currency AND f.to_currency = a.reporting_currency
        ORDER BY f.day DESC LIMIT 1
    ) AS x ON true
    WHERE o.open > 0 AND o.claim_until >= %(today)s::date
      AND (%(accounts)s::text[] IS NULL OR o.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR o.marketplace_id = '' OR o.marketplace_id = ANY (%(marketplaces)s))
),
totals AS (
    SELECT currency, count(*) AS row_count, sum(units) AS units, sum(value) AS value,
           coalesce(sum(value) FILTER (WHERE can_claim), 0) AS value_claimable,
           count(*) FILTER (WHERE value IS NULL) AS without_value, min(days_left) AS days_left
    FROM found GROUP BY currency ORDER BY currency
)
SELECT (SELECT coalesce(json_agg(r), '[]') FROM (SELECT * FROM found ORDER BY {order_by}, claim_until, account_id, kind, reference, sku, day
                                                 LIMIT %(limit)s OFFSET %(offset)s) AS r) AS rows,
       (SELECT coalesce(json_agg(t), '[]') FROM totals AS t) AS totals,
       (SELECT count(*) FROM found) AS row_count,
       (SELECT CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                    WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END FROM found) AS status,
       ARRAY(SELECT DISTINCT word FROM found, jsonb_array_elements_text(missing) AS word ORDER BY word) AS missing
