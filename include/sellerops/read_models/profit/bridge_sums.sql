-- Sums of each step of the bridge by marketplace. The steps of a day are all converted at the rate of that day;
-- a day without a rate makes all amounts of its marketplace unknown.
WITH rated AS (
    SELECT b.*,
           CASE WHEN %(in_reporting)s THEN g.reporting_currency ELSE b.currency END AS shown_currency,
           CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END AS rate
    FROM sellerops_marts.bridge_day AS b
    LEFT JOIN sellerops_reference.account_setting AS g ON g.account_id = b.account_id
    LEFT JOIN sellerops_reference.fx_rate AS x
        ON x.day = b.day AND x.from_currency = b.currency AND x.to_currency = g.reporting_currency
    WHERE b.day BETWEEN %(start)s AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR b.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR b.marketplace_id = ANY (%(marketplaces)s))
),
shown AS (
    SELECT r.*, CASE WHEN count(*) OVER marketplace = count(r.rate) OVER marketplace THEN r.rate END AS used_rate
    FROM rated AS r
    WINDOW marketplace AS (PARTITION BY r.account_id, r.marketplace_id, r.shown_currency)
)
SELECT account_id, marketplace_id, coalesce(shown_currency, '') AS currency, count(*) AS days,
       count(*) FILTER (WHERE status = 'estimated') AS estimated_days,
       count(*) FILTER (WHERE status = 'incomplete') AS incomplete_days, max(day) AS last_day,
       coalesce(string_agg(DISTINCT nullif(missing, ''), ', '), '') AS missing,
       coalesce(sum(orders), 0)::bigint AS orders,
       coalesce(sum(units), 0)::bigint AS units,
       count(*) - count(rate) AS unrated_days,
       sum(ordered * used_rate) AS ordered,
       sum(orders_difference * used_rate) AS orders_difference,
       sum(cancelled * used_rate) AS cancelled,
       sum(pending * used_rate) AS pending,
       sum(not_shipped * used_rate) AS not_shipped,
       sum(tax_included * used_rate) AS tax_included,
       sum(not_posted * used_rate) AS not_posted,
       sum(price_difference * used_rate) AS price_difference,
       sum(deferred * used_rate) AS deferred,
       sum(promotions_and_fees * used_rate) AS promotions_and_fees,
       sum(bridge_error * used_rate) AS bridge_error,
       CASE WHEN count(*) = count(rate)
            THEN coalesce(sum(ordered * used_rate) FILTER (WHERE status <> 'complete'), 0) END AS open_ordered,
       count(*) FILTER (WHERE status <> 'complete') AS open_days
FROM shown
GROUP BY account_id, marketplace_id, shown_currency
ORDER BY account_id, marketplace_id, shown_currency
