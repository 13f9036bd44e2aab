WITH found AS MATERIALIZED (
    SELECT a.id, a.name, a.account_id, a.marketplace_id, a.subject, a.severity,
           CASE WHEN a.name = ANY (%(without_costs)s) THEN a.summary END AS summary,
           CASE WHEN a.name <> ALL (%(without_costs)s) THEN a.summary END AS summary_of_costs, a.opened_at,
           a.acknowledged_by,
           coalesce(CASE WHEN NOT %(in_reporting)s THEN nullif(a.currency, '') END, s.reporting_currency, '') AS currency,
           CASE WHEN %(in_reporting)s THEN a.rank_money ELSE a.money_per_day END AS money_per_day,
           %(in_reporting)s AND a.rank_money IS NULL AND a.money_per_day IS NOT NULL AS lacks_rate,
           'complete' AS status, '[]'::jsonb AS missing
    FROM sellerops.alert AS a
    LEFT JOIN sellerops_reference.account_setting AS s USING (account_id)
    WHERE a.ended_at IS NULL AND (a.snoozed_until IS NULL OR a.snoozed_until <= sellerops.now())
      AND (%(names)s::text[] IS NULL OR a.name = ANY (%(names)s)) AND a.name <> ALL (%(other_names)s::text[])
      AND (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR a.marketplace_id = '' OR a.marketplace_id = ANY (%(marketplaces)s))
),
totals AS (
    SELECT currency, count(*) AS row_count, sum(money_per_day) AS money_per_day,
           count(*) FILTER (WHERE money_per_day IS NULL AND NOT lacks_rate) AS without_money,
           count(*) FILTER (WHERE lacks_rate) AS without_rate
    FROM found GROUP BY currency ORDER BY currency
)
SELECT (SELECT coalesce(json_agg(r), '[]') FROM (SELECT * FROM found ORDER BY {order_by}, id
                                                 LIMIT %(limit)s OFFSET %(offset)s) AS r) AS rows,
       (SELECT coalesce(json_agg(t), '[]') FROM totals AS t) AS totals,
       (SELECT count(*) FROM found) AS row_count,
       (SELECT CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                    WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END FROM found) AS status,
       ARRAY(SELECT DISTINCT word FROM found, jsonb_array_elements_text(missing) AS word ORDER BY word) AS missing
