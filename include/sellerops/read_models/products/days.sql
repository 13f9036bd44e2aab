-- Days and marketplaces are named one by one, so that the marts' indices find each with the SKU. Of days to compare with,
-- only units and money are told (`only_profit`).
WITH days AS (SELECT unnest(%(days)s::date[]) AS day),
profit AS (
    SELECT p.day, coalesce(CASE WHEN %(in_reporting)s THEN p.reporting_currency ELSE p.currency END, '') AS currency,
           sum(p.units) AS units,
           CASE WHEN %(in_reporting)s THEN CASE WHEN count(*) = count(p.product_sales_reporting) THEN sum(p.product_sales_reporting) END
                ELSE CASE WHEN count(*) = count(p.product_sales) THEN sum(p.product_sales) END END AS product_sales,
           CASE WHEN %(in_reporting)s THEN CASE WHEN count(*) = count(p.ads_reporting) THEN sum(p.ads_reporting) END
                ELSE CASE WHEN count(*) = count(p.ads) THEN sum(p.ads) END END AS ads,
           CASE WHEN %(in_reporting)s THEN CASE WHEN count(*) = count(p.cm2_reporting) THEN sum(p.cm2_reporting) END
                ELSE CASE WHEN count(*) = count(p.cm2) THEN sum(p.cm2) END END AS cm2,
           CASE WHEN bool_or(p.status = 'incomplete') THEN 'incomplete'
                WHEN bool_or(p.status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status,
           array(SELECT DISTINCT word FROM unnest(array_agg(p.missing)) AS line,
                 unnest(string_to_array(line, ', ')) AS word WHERE word <> '' ORDER BY word) AS missing
    FROM sellerops_marts.profit_sku_day AS p
    WHERE p.account_id = %(account)s AND p.marketplace_id = ANY (%(marketplaces)s) AND p.day = ANY (%(days)s::date[])
      AND p.sku = %(sku)s
    GROUP BY 1, 2, %(in_reporting)s
),
-- Of a stock pool, the largest figure: each of its marketplaces reports the whole pool.
stock AS (
    SELECT day, sum(sellable) AS available FROM (
        SELECT i.day, i.stock_pool, max(i.sellable) AS sellable
        FROM sellerops_marts.inventory_day AS i
        WHERE i.account_id = %(account)s AND i.marketplace_id = ANY (%(marketplaces)s) AND i.day = ANY (%(days)s::date[])
          AND i.sku = %(sku)s AND NOT %(only_profit)s
        GROUP BY 1, 2
    ) AS pools GROUP BY 1
),
demand AS (
    SELECT d.day, bool_or(d.mask_reason = 'stock_out') AS is_stock_out,
           array_agg(DISTINCT d.mask_reason) FILTER (WHERE d.is_masked) AS masked
    FROM sellerops_marts.demand_day AS d
    WHERE d.account_id = %(account)s AND d.marketplace_id = ANY (%(marketplaces)s) AND d.day = ANY (%(days)s::date[])
      AND d.sku = %(sku)s AND NOT %(only_profit)s
    GROUP BY 1
),
traffic AS (
    SELECT t.day, sum(t.sessions) AS sessions, sum(t.page_views) AS page_views,
           sum(t.buy_box_views) / nullif(sum(t.page_views), 0) AS buy_box_share
    FROM sellerops_marts.traffic_sku_day AS t
    WHERE t.account_id = %(account)s AND t.marketplace_id = ANY (%(marketplaces)s) AND t.day = ANY (%(days)s::date[])
      AND t.sku = %(sku)s AND NOT %(only_profit)s
    GROUP BY 1
),
ads AS (
    SELECT o.day, CASE WHEN count(*) = count(o.ad_sales * x.rate) THEN sum(o.ad_sales * x.rate) END AS ad_sales
    FROM sellerops_marts.organic_day AS o
    LEFT JOIN sellerops_reference.account_setting AS a ON a.account_id = o.account_id
    LEFT JOIN LATERAL (
        SELECT CASE WHEN %(in_reporting)s THEN f.rate ELSE 1 END AS rate FROM sellerops_reference.fx_rate AS f
        WHERE f.day = o.day AND f.from_currency = o.currency AND f.to_currency = a.reporting_currency
    ) AS x ON true
    WHERE o.account_id = %(account)s AND o.marketplace_id = ANY (%(marketplaces)s) AND o.day = ANY (%(days)s::date[])
      AND o.sku = %(sku)s AND NOT %(only_profit)s
    GROUP BY 1
)
SELECT d.day, p.currency, p.units, p.product_sales, round(p.product_sales / nullif(p.units, 0), 6) AS average_price,
       p.ads, a.ad_sales, p.cm2, s.available, coalesce(m.is_stock_out, false) AS is_stock_out,
       coalesce(m.masked, '{}') AS masked, t.sessions, t.page_views, t.buy_box_share,
       coalesce(p.status, 'complete') AS status, coalesce(p.missing, '{}') AS missing
FROM days AS d
LEFT JOIN profit AS p USING (day)
LEFT JOIN stock AS s USING (day)
LEFT JOIN demand AS m USING (day)
LEFT JOIN traffic AS t USING (day)
LEFT JOIN ads AS a USING (day)
ORDER BY d.day, p.currency
