-- Each SKU's figures over the days of the scope, with its stock of today.
WITH {include ../profit/pieces.sql},
sums AS (
    SELECT account_id, sku, currency, sum(sign * units) AS units, sum(sign * product_sales) AS product_sales,
           sum(sign * refunds) AS refunds, sum(sign * ads) AS ads, sum(sign * cm2) AS cm2,
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
