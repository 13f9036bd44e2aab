-- A marketplace that had figures in the four weeks before, and has none of the day, is a row without figures.
WITH marketplaces AS (
    SELECT p.account_id, p.marketplace_id, p.currency, max(p.reporting_currency) AS reporting_currency
    FROM sellerops_marts.profit_day AS p
    WHERE p.day BETWEEN %(end)s::date - 28 AND %(end)s AND p.marketplace_id <> ''
      AND (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR p.marketplace_id = ANY (%(marketplaces)s))
    GROUP BY 1, 2, 3
),
-- The day is not over in the orders that are loaded, so that a whole day is nothing to compare it with.
open_marketplaces AS (
    SELECT o.account_id, o.marketplace_id
    FROM unnest(%(open_accounts)s::text[], %(open_marketplaces)s::text[], %(open_from)s::date[])
        AS o (account_id, marketplace_id, open_from)
    WHERE o.open_from <= %(end)s
),
found AS MATERIALIZED (
    SELECT s.account_id, s.marketplace_id,
           coalesce(CASE WHEN %(in_reporting)s THEN s.reporting_currency ELSE s.currency END, '') AS currency,
           p.units,
           CASE WHEN %(in_reporting)s THEN p.product_sales_reporting ELSE p.product_sales END AS product_sales,
           CASE WHEN %(in_reporting)s THEN p.ads_reporting ELSE p.ads END AS ads,
           CASE WHEN %(in_reporting)s THEN p.cm2_reporting ELSE p.cm2 END AS cm2,
           CASE WHEN %(in_reporting)s THEN p.profit_reporting ELSE p.profit END AS profit,
           b.units AS units_before,
           CASE WHEN %(in_reporting)s THEN b.product_sales_reporting ELSE b.product_sales END AS product_sales_before,
           CASE WHEN %(in_reporting)s THEN b.profit_reporting ELSE b.profit END AS profit_before,
           CASE WHEN o.account_id IS NULL THEN coalesce(p.status, 'incomplete') ELSE 'incomplete' END AS status,
           o.account_id IS NOT NULL AS lacks_orders,
           CASE WHEN p.day IS NULL THEN '["day"]'::jsonb
                WHEN p.missing = '' THEN '[]'::jsonb
                ELSE to_jsonb(string_to_array(p.missing, ', ')) END
               || CASE WHEN o.account_id IS NULL THEN '[]'::jsonb ELSE '["orders"]'::jsonb END AS missing
    FROM marketplaces AS s
    LEFT JOIN sellerops_marts.profit_day AS p
        ON (p.account_id, p.marketplace_id, p.currency) = (s.account_id, s.marketplace_id, s.currency) AND p.day = %(end)s
    LEFT JOIN open_marketplaces AS o ON (o.account_id, o.marketplace_id) = (s.account_id, s.marketplace_id)
    LEFT JOIN sellerops_marts.profit_day AS b
        ON (b.account_id, b.marketplace_id, b.currency) = (s.account_id, s.marketplace_id, s.currency)
       AND b.day = %(compared_end)s::date AND o.account_id IS NULL
),
totals AS (
    SELECT currency, count(*) AS row_count,
           sum(units) AS units,
           sum(product_sales) AS product_sales, sum(ads) AS ads, sum(cm2) AS cm2, sum(profit) AS profit,
           count(*) FILTER (WHERE profit IS NULL) AS without_profit,
           count(*) FILTER (WHERE lacks_orders) AS without_orders,
           CASE WHEN NOT bool_or(lacks_orders) THEN sum(units_before) END AS units_before,
           CASE WHEN NOT bool_or(lacks_orders) THEN sum(product_sales_before) END AS product_sales_before,
           CASE WHEN count(*) = count(profit_before) THEN sum(profit_before) END AS profit_before
    FROM found GROUP BY currency ORDER BY currency
)
SELECT (SELECT coalesce(json_agg(r), '[]') FROM (SELECT * FROM found ORDER BY {order_by}, account_id, marketplace_id
                                                 LIMIT %(limit)s OFFSET %(offset)s) AS r) AS rows,
       (SELECT coalesce(json_agg(t), '[]') FROM totals AS t) AS totals,
       (SELECT count(*) FROM found) AS row_count,
       (SELECT CASE WHEN count(*) = 0 OR bool_or(status = 'incomplete') THEN 'incomplete'
                    WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END FROM found) AS status,
       ARRAY(SELECT DISTINCT word FROM found, jsonb_array_elements_text(missing) AS word ORDER BY word) AS missing
