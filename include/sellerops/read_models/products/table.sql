-- A period of whole months and two part months: the months, and to the last day, less up to the day before the first.
-- While marts are being built, profit_sku_to_date has fewer days than profit_day: both days are its own, or more would
-- be taken off than was added, and the rows of the account are incomplete.
WITH shops AS (
    SELECT p.account_id, p.marketplace_id,
           max(p.day) FILTER (WHERE p.day BETWEEN date_trunc('month', %(end)s::date) AND %(end)s) AS last_day,
           max(p.day) FILTER (WHERE p.day >= date_trunc('month', %(start)s::date) AND p.day < %(start)s) AS day_before
    FROM sellerops_marts.profit_day AS p
    WHERE p.day BETWEEN date_trunc('month', %(start)s::date) AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR p.marketplace_id = ANY (%(marketplaces)s))
    GROUP BY 1, 2
),
shop_days AS (
    SELECT s.account_id, s.marketplace_id, l.day AS last_day, b.day AS day_before,
           l.day IS DISTINCT FROM s.last_day OR b.day IS DISTINCT FROM s.day_before AS is_behind
    FROM shops AS s
    CROSS JOIN LATERAL (
        SELECT max(d.day) AS day FROM sellerops_marts.profit_sku_to_date AS d
        WHERE d.account_id = s.account_id AND d.marketplace_id = s.marketplace_id
          AND d.day BETWEEN date_trunc('month', %(end)s::date)::date AND %(end)s::date
    ) AS l
    CROSS JOIN LATERAL (
        SELECT max(d.day) AS day FROM sellerops_marts.profit_sku_to_date AS d
        WHERE d.account_id = s.account_id AND d.marketplace_id = s.marketplace_id
          AND d.day >= date_trunc('month', %(start)s::date)::date AND d.day < %(start)s::date
    ) AS b
),
behind AS (SELECT account_id FROM shop_days WHERE is_behind GROUP BY account_id),
pieces AS (
    SELECT 1 AS sign, s.account_id, s.marketplace_id, m.sku, m.currency, m.reporting_currency, m.units,
           m.product_sales, m.refunds, m.ads, m.cm2, m.product_sales_reporting, m.refunds_reporting, m.ads_reporting,
           m.cm2_reporting, m.unknown_margin, m.unknown_rate, m.estimated, m.incomplete, m.missing_ads, m.missing_cost, m.missing_fees,
           m.missing_fx_rate, m.missing_price, m.missing_storage, m.missing_unmapped, m.missing_vat_setting
    FROM shop_days AS s
    JOIN sellerops_marts.profit_sku_month AS m ON m.account_id = s.account_id AND m.marketplace_id = s.marketplace_id
        AND m.month_first >= date_trunc('month', %(start)s::date) AND m.month_first < date_trunc('month', %(end)s::date)
    UNION ALL
    SELECT e.sign, s.account_id, s.marketplace_id, d.sku, d.currency, d.reporting_currency, d.units,
           d.product_sales, d.refunds, d.ads, d.cm2, d.product_sales_reporting, d.refunds_reporting, d.ads_reporting,
           d.cm2_reporting, d.unknown_margin, d.unknown_rate, d.estimated, d.incomplete, d.missing_ads, d.missing_cost, d.missing_fees,
           d.missing_fx_rate, d.missing_price, d.missing_storage, d.missing_unmapped, d.missing_vat_setting
    FROM shop_days AS s
    CROSS JOIN LATERAL (VALUES (1, s.last_day), (-1, s.day_before)) AS e (sign, day)
    JOIN sellerops_marts.profit_sku_to_date AS d
        ON d.account_id = s.account_id AND d.marketplace_id = s.marketplace_id AND d.day = e.day
),
sums AS (
    SELECT account_id, sku,
           coalesce(CASE WHEN %(in_reporting)s THEN reporting_currency ELSE currency END, '') AS currency,
           sum(sign * units) AS units,
           sum(CASE WHEN %(in_reporting)s THEN CASE sign WHEN 1 THEN product_sales_reporting ELSE -product_sales_reporting END
                    ELSE CASE sign WHEN 1 THEN product_sales ELSE -product_sales END END) AS product_sales,
           sum(CASE WHEN %(in_reporting)s THEN CASE sign WHEN 1 THEN refunds_reporting ELSE -refunds_reporting END
                    ELSE CASE sign WHEN 1 THEN refunds ELSE -refunds END END) AS refunds,
           sum(CASE WHEN %(in_reporting)s THEN CASE sign WHEN 1 THEN ads_reporting ELSE -ads_reporting END
                    ELSE CASE sign WHEN 1 THEN ads ELSE -ads END END) AS ads,
           sum(CASE WHEN %(in_reporting)s THEN CASE sign WHEN 1 THEN cm2_reporting ELSE -cm2_reporting END
                    ELSE CASE sign WHEN 1 THEN cm2 ELSE -cm2 END END) AS cm2,
           greatest(sum(sign * unknown_margin), CASE WHEN %(in_reporting)s THEN sum(sign * unknown_rate) END) AS unknown_days,
           sum(sign * estimated) AS estimated, sum(sign * incomplete) AS incomplete,
           array_remove(ARRAY[
               CASE WHEN sum(sign * missing_ads) > 0 THEN 'ads' END,
               CASE WHEN sum(sign * missing_cost) > 0 THEN 'cost' END,
               CASE WHEN sum(sign * missing_fees) > 0 THEN 'fees' END,
               CASE WHEN sum(sign * missing_fx_rate) > 0 THEN 'fx_rate' END,
               CASE WHEN sum(sign * missing_price) > 0 THEN 'price' END,
               CASE WHEN sum(sign * missing_storage) > 0 THEN 'storage' END,
               CASE WHEN sum(sign * missing_unmapped) > 0 THEN 'unmapped' END,
               CASE WHEN sum(sign * missing_vat_setting) > 0 THEN 'vat_setting' END], NULL) AS missing
    FROM pieces WHERE sku <> ''
    GROUP BY 1, 2, 3
),
-- Marketplaces of a stock pool each report the whole pool as available; what is inbound is sent to one of them.
pools AS (
    SELECT l.account_id, l.sku, l.stock_pool, max(l.available) AS available, sum(l.inbound_open) AS inbound_open
    FROM sellerops_marts.inventory_levels AS l
    WHERE l.marketplace_id <> ''
      AND (%(accounts)s::text[] IS NULL OR l.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR l.marketplace_id = ANY (%(marketplaces)s))
    GROUP BY 1, 2, 3
),
stock AS (
    SELECT account_id, sku, sum(available) AS available, sum(inbound_open) AS inbound_open FROM pools GROUP BY 1, 2
),
products AS (
    SELECT p.account_id, p.sku, p.asin, p.title, p.brand FROM sellerops_marts.product AS p
    WHERE (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR EXISTS (
              SELECT FROM sellerops_marts.product_listing AS l
              WHERE l.account_id = p.account_id AND l.sku = p.sku AND l.marketplace_id = ANY (%(marketplaces)s)))
),
-- Listed SKUs without any figure have a row too.
every AS (
    SELECT s.* FROM sums AS s
    UNION ALL
    SELECT p.account_id, p.sku, coalesce(a.reporting_currency, ''), 0, 0, 0, 0, 0, 0, 0, 0, '{}'
    FROM products AS p
    LEFT JOIN sellerops_reference.account_setting AS a ON a.account_id = p.account_id
    WHERE NOT EXISTS (SELECT FROM sums AS s WHERE s.account_id = p.account_id AND s.sku = p.sku)
),
found AS (
    SELECT s.account_id, s.sku, p.asin, p.title, p.brand, s.currency, s.units,
           coalesce(s.product_sales, 0) AS product_sales, w.cm2, coalesce(s.cm2, 0) AS cm2_known,
           round(w.cm2 / nullif(s.product_sales, 0), 6) AS margin,
           coalesce(s.ads, 0) AS ads, round(-s.ads / nullif(s.product_sales, 0), 6) AS tacos,
           coalesce(s.refunds, 0) AS refunds, round(-s.refunds / nullif(s.product_sales, 0), 6) AS refund_rate,
           k.available, k.inbound_open, s.unknown_days,
           CASE WHEN s.incomplete > 0 OR b.account_id IS NOT NULL THEN 'incomplete'
                WHEN s.estimated > 0 THEN 'estimated' ELSE 'complete' END AS status,
           CASE WHEN b.account_id IS NULL THEN s.missing ELSE s.missing || '{days}' END AS missing
    FROM every AS s
    -- With a day unknown, the margin would divide part of the profit by all sales.
    CROSS JOIN LATERAL (SELECT CASE WHEN s.unknown_days = 0 THEN coalesce(s.cm2, 0) END AS cm2) AS w
    LEFT JOIN behind AS b ON b.account_id = s.account_id
    LEFT JOIN sellerops_marts.product AS p ON p.account_id = s.account_id AND p.sku = s.sku
    LEFT JOIN stock AS k ON k.account_id = s.account_id AND k.sku = s.sku
    WHERE %(search)s::text IS NULL OR s.sku ILIKE %(search)s OR p.asin ILIKE %(search)s OR p.title ILIKE %(search)s
),
page AS (SELECT * FROM found ORDER BY {order_by}, account_id, sku, currency LIMIT %(limit)s OFFSET %(offset)s)
SELECT false AS is_totals, (SELECT count(*) FROM found) AS row_count, page.* FROM page
UNION ALL
SELECT true, count(*), '', '', NULL, NULL, NULL, max(currency), sum(units), sum(product_sales),
       CASE WHEN count(*) = count(cm2) THEN sum(cm2) END, sum(cm2_known),
       CASE WHEN count(*) = count(cm2) THEN round(sum(cm2) / nullif(sum(product_sales), 0), 6) END,
       sum(ads), round(-sum(ads) / nullif(sum(product_sales), 0), 6),
       sum(refunds), round(-sum(refunds) / nullif(sum(product_sales), 0), 6), sum(available), sum(inbound_open),
       sum(unknown_days),
       CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
            WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END,
       ARRAY(SELECT DISTINCT word FROM found AS f, unnest(f.missing) AS word ORDER BY word)
FROM found
HAVING count(DISTINCT currency) = 1
ORDER BY is_totals, {order_by}, account_id, sku, currency
