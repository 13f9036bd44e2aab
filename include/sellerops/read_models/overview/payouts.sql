-- Payouts are of an account and currency; a marketplace stands for its currency.
WITH newest AS (
    SELECT DISTINCT ON (p.account_id, p.currency) p.*
    FROM sellerops_marts.payout_forecast AS p
    WHERE p.day BETWEEN %(end)s::date - 27 AND %(end)s::date + 1
      AND (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR p.currency IN (
              SELECT m.currency FROM sellerops.marketplace AS m WHERE m.id = ANY (%(marketplaces)s)))
    ORDER BY p.account_id, p.currency, p.day DESC
),
found AS MATERIALIZED (
    SELECT p.account_id, p.day, p.currency AS paid_currency, p.pays_on, p.closes_on, p.forecast AS paid_amount,
           coalesce(CASE WHEN %(in_reporting)s THEN a.reporting_currency ELSE p.currency END, '') AS currency,
           round(p.forecast * x.rate, 6) AS forecast, round(p.deferred_later * x.rate, 6) AS deferred_later,
           p.status,
           CASE WHEN p.missing = '' THEN '[]'::jsonb ELSE to_jsonb(string_to_array(p.missing, ', ')) END
               || CASE WHEN x.rate IS NULL THEN '["fx_rate"]'::jsonb ELSE '[]'::jsonb END AS missing
    FROM newest AS p
    LEFT JOIN sellerops_reference.account_setting AS a USING (account_id)
    LEFT JOIN LATERAL (
        SELECT CASE WHEN %(in_reporting)s THEN f.rate ELSE 1 END AS rate FROM sellerops_reference.fx_rate AS f
        WHERE f.day = p.day AND f.from_currency = p.currency AND f.to_currency = a.reporting_currency
    ) AS x ON true
),
totals AS (
    SELECT currency, count(*) AS row_count, sum(forecast) AS forecast, sum(deferred_later) AS deferred_later,
           count(*) FILTER (WHERE forecast IS NULL) AS without_forecast, min(pays_on) AS next_on
    FROM found GROUP BY currency ORDER BY currency
)
SELECT (SELECT coalesce(json_agg(r), '[]') FROM (SELECT * FROM found ORDER BY {order_by}, account_id, paid_currency
                                                 LIMIT %(limit)s OFFSET %(offset)s) AS r) AS rows,
       (SELECT coalesce(json_agg(t), '[]') FROM totals AS t) AS totals,
       (SELECT count(*) FROM found) AS row_count,
       (SELECT CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                    WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END FROM found) AS status,
       ARRAY(SELECT DISTINCT word FROM found, jsonb_array_elements_text(missing) AS word ORDER BY word) AS missing
