WITH RECURSIVE marketplace AS (
    (SELECT account_id, marketplace_id FROM sellerops_marts.restock ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT further.account_id, further.marketplace_id
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT r.account_id, r.marketplace_id FROM sellerops_marts.restock AS r
        WHERE (r.account_id, r.marketplace_id) > (marketplace.account_id, marketplace.marketplace_id)
        ORDER BY 1, 2 LIMIT 1
    ) AS further
), newest AS MATERIALIZED (
    SELECT marketplace.account_id, max(last.day) AS day
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT max(r.day) AS day FROM sellerops_marts.restock AS r
        WHERE r.account_id = marketplace.account_id AND r.marketplace_id = marketplace.marketplace_id
    ) AS last
    WHERE %(accounts)s::text[] IS NULL OR marketplace.account_id = ANY (%(accounts)s)
    GROUP BY marketplace.account_id
), place AS MATERIALIZED (
    SELECT marketplace.account_id, marketplace.marketplace_id, newest.day, market.code,
           CASE WHEN %(in_reporting)s THEN setting.reporting_currency ELSE market.currency END AS currency,
           CASE WHEN NOT %(in_reporting)s OR setting.reporting_currency = market.currency THEN 1
                ELSE (SELECT rate FROM sellerops_reference.fx_rate AS fx
                      WHERE fx.day BETWEEN newest.day - 30 AND newest.day
                        AND fx.from_currency = market.currency AND fx.to_currency = setting.reporting_currency
                      ORDER BY fx.day DESC LIMIT 1) END AS factor
    FROM marketplace
    JOIN newest USING (account_id)
    LEFT JOIN sellerops.marketplace AS market ON market.id = marketplace.marketplace_id
    LEFT JOIN sellerops_reference.account_setting AS setting ON setting.account_id = marketplace.account_id
), due AS NOT MATERIALIZED (
    SELECT p.currency, p.day, r.order_status = 'order_now' AS is_now, r.order_status, r.order_by,
           coalesce(r.order_quantity, 0) AS order_quantity, r.cash_needed * p.factor AS cash_needed,
           r.cash_deposit * p.factor AS cash_deposit, r.lost_units, r.lost_margin * p.factor AS lost_margin,
           r.fee_expected * p.factor AS fee_expected, r.fee_weeks, r.status, r.missing,
           r.order_quantity > 0 AND (r.order_status IN ('order_now', 'soon')
                                     OR r.override_quantity IS NOT NULL) AS is_due
    FROM place AS p
    -- OFFSET 0: one look into the index per marketplace, instead of a scan of all days.
    CROSS JOIN LATERAL (
        SELECT one.* FROM sellerops_marts.restock AS one
        WHERE one.account_id = p.account_id AND one.marketplace_id = p.marketplace_id AND one.day = p.day
        OFFSET 0
    ) AS r
    WHERE (%(marketplaces)s::text[] IS NULL OR r.marketplace_id = ANY (%(marketplaces)s)
           OR r.stock_pool IN (SELECT pool.stock_pool FROM sellerops_reference.stock_pool AS pool
                               WHERE pool.marketplace_id = ANY (%(marketplaces)s)))
)
SELECT currency, max(day) AS day, count(*) AS skus,
       count(*) FILTER (WHERE is_due) AS due_skus,
       coalesce(sum(order_quantity) FILTER (WHERE is_due), 0)::bigint AS due_units,
       sum(cash_needed) FILTER (WHERE is_due) AS due_cash,
       sum(cash_deposit) FILTER (WHERE is_due) AS due_deposit,
       count(*) FILTER (WHERE is_due AND cash_needed IS NULL) AS due_without_cost,
       count(*) FILTER (WHERE is_due AND is_now) AS now_skus,
       sum(cash_needed) FILTER (WHERE is_due AND is_now) AS now_cash,
       count(*) FILTER (WHERE is_now AND order_by < day) AS late_skus,
       sum(lost_units) AS lost_units,
       sum(lost_margin) AS lost_margin,
       CASE WHEN count(*) FILTER (WHERE fee_expected > 0) > 0
              OR count(*) FILTER (WHERE fee_weeks > 0 AND fee_expected IS NULL) = 0
            THEN sum(fee_expected) END AS fee_expected,
       count(*) FILTER (WHERE fee_weeks > 0) AS fee_skus,
       count(*) FILTER (WHERE fee_weeks > 0 AND fee_expected IS NULL) AS fee_skus_without_rate,
       count(*) FILTER (WHERE order_status = 'overstock') AS overstock_skus,
       count(*) FILTER (WHERE order_status = 'unknown') AS unknown_skus,
       CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
            WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status,
       array(SELECT DISTINCT word
             FROM unnest(string_to_array(string_agg(DISTINCT due.missing COLLATE "C", ', '), ', ')) AS word
             WHERE word <> '' ORDER BY word) AS missing
FROM due
GROUP BY currency
ORDER BY currency
