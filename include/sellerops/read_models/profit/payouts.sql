-- Of each account and currency: the newest forecast of the open period, and the last forecast of each paid one.
WITH ranked AS (
    SELECT p.*,
           row_number() OVER (PARTITION BY p.account_id, p.currency, p.period_starts_at ORDER BY p.day DESC) AS place,
           max(p.day) OVER (PARTITION BY p.account_id, p.currency) AS newest_day
    FROM sellerops_marts.payout_forecast AS p
    WHERE p.day BETWEEN %(end)s::date - 92 AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL
           OR p.currency IN (SELECT m.currency FROM sellerops.marketplace AS m WHERE m.id = ANY (%(marketplaces)s)))
)
SELECT r.account_id, r.currency, r.day, r.closes_on, r.pays_on, r.released, r.deferred_due, r.deferred_later,
       r.expected_sales, r.expected_fees, r.reserve_back, r.reserve_held, r.carried, r.forecast, r.paid, r.difference,
       r.day = r.newest_day AND r.paid IS NULL AS is_next,
       coalesce(g.reporting_currency, '') AS reporting_currency,
       round(coalesce(r.paid, r.forecast) * x.rate, 6) AS in_reporting,
       r.status, r.missing
FROM ranked AS r
LEFT JOIN sellerops_reference.account_setting AS g ON g.account_id = r.account_id
LEFT JOIN sellerops_reference.fx_rate AS x
    ON x.day = r.day AND x.from_currency = r.currency AND x.to_currency = g.reporting_currency
WHERE r.place = 1
-- The next ones first, the soonest of them on top; then the newest of those that were paid.
ORDER BY is_next DESC, CASE WHEN r.paid IS NULL THEN r.pays_on END, r.pays_on DESC NULLS LAST, r.account_id, r.currency
