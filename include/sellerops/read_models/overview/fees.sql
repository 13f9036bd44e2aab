-- Three kinds: size tiers that changed (alerts), rates that change by their rule, and fees that Amazon expects
-- in its preview beyond those that every sale bears.
WITH marketplaces AS (
    SELECT DISTINCT p.account_id, p.marketplace_id
    FROM sellerops_marts.profit_day AS p
    WHERE p.day BETWEEN %(end)s::date - 28 AND %(end)s AND p.marketplace_id <> ''
      AND (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR p.marketplace_id = ANY (%(marketplaces)s))
),
found AS MATERIALIZED (
    SELECT 'size_tier' AS kind, a.account_id, a.marketplace_id, a.subject AS sku, 'fee.fba_fulfilment' AS fee,
           a.summary, a.opened_at::date AS starts_on, NULL::date AS ends_on, 1 AS skus,
           coalesce(CASE WHEN %(in_reporting)s THEN s.reporting_currency ELSE a.currency END, '') AS currency,
           CASE WHEN %(in_reporting)s THEN a.rank_money ELSE a.money_per_day END AS money_per_day,
           NULL::numeric AS expected, 'complete' AS status, '[]'::jsonb AS missing
    FROM sellerops.alert AS a
    LEFT JOIN sellerops_reference.account_setting AS s USING (account_id)
    WHERE a.name = 'fee_tier_changed' AND a.ended_at IS NULL
      AND (a.snoozed_until IS NULL OR a.snoozed_until <= sellerops.now())
      AND (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR a.marketplace_id = ANY (%(marketplaces)s))
    UNION ALL
    SELECT 'rule', s.account_id, s.marketplace_id, '', r.rule,
           count(*) || CASE WHEN count(*) = 1 THEN ' rate' ELSE ' rates' END || ' from ' || d.starts_on, d.starts_on,
           NULL, 0, '', NULL, NULL, 'complete', '[]'::jsonb
    FROM marketplaces AS s
    JOIN sellerops_reference.fee_rule AS r USING (marketplace_id)
    -- The first day it applies; of a seasonal rate, the first day of its next season.
    CROSS JOIN LATERAL (
        SELECT min(greatest(r.valid_from, make_date(year, r.first_month::integer, 1))) AS starts_on
        FROM generate_series(extract(year FROM %(today)s::date)::integer, extract(year FROM %(today)s::date)::integer + 1) AS year
        WHERE greatest(r.valid_from, make_date(year, r.first_month::integer, 1)) BETWEEN %(today)s::date - %(past_days)s AND r.valid_to
          AND ((r.first_month, r.last_month) <> (1, 12) OR r.valid_from >= make_date(year, 1, 1))
    ) AS d
    WHERE d.starts_on <= %(today)s::date + %(coming_days)s
    GROUP BY s.account_id, s.marketplace_id, r.rule, d.starts_on
    UNION ALL
    SELECT 'preview', s.account_id, s.marketplace_id, '', v.fee, '', v.starts_on, v.ends_on, v.skus,
           coalesce(CASE WHEN %(in_reporting)s THEN a.reporting_currency ELSE v.currency END, ''), NULL,
           round(v.expected * x.rate, 6), 'estimated',
           CASE WHEN x.rate IS NULL THEN '["fx_rate"]'::jsonb ELSE '[]'::jsonb END
    FROM marketplaces AS s
    JOIN sellerops_reference.account_setting AS a USING (account_id)
    JOIN jsonb_to_recordset(%(previews)s::jsonb) AS v
        (account_id text, marketplace_id text, fee text, starts_on date, ends_on date, skus integer, currency text,
         expected numeric) USING (account_id, marketplace_id)
    LEFT JOIN LATERAL (
        SELECT CASE WHEN %(in_reporting)s THEN f.rate ELSE 1 END AS rate FROM sellerops_reference.fx_rate AS f
        WHERE f.day BETWEEN %(today)s::date - 30 AND %(today)s::date
          AND f.from_currency = v.currency AND f.to_currency = a.reporting_currency
        ORDER BY f.day DESC LIMIT 1
    ) AS x ON true
),
totals AS (
    SELECT currency, count(*) AS row_count, sum(money_per_day) AS money_per_day, sum(expected) AS expected,
           count(*) FILTER (WHERE kind = 'rule') AS rules, count(*) FILTER (WHERE kind = 'size_tier') AS size_tiers
    FROM found GROUP BY currency ORDER BY currency
)
SELECT (SELECT coalesce(json_agg(r), '[]') FROM (SELECT * FROM found ORDER BY {order_by}, kind, account_id, marketplace_id, fee, sku
                                                 LIMIT %(limit)s OFFSET %(offset)s) AS r) AS rows,
       (SELECT coalesce(json_agg(t), '[]') FROM totals AS t) AS totals,
       (SELECT count(*) FROM found) AS row_count,
       (SELECT CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                    WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END FROM found) AS status,
       ARRAY(SELECT DISTINCT word FROM found, jsonb_array_elements_text(missing) AS word ORDER BY word) AS missing
