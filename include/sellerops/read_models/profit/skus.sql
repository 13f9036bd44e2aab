-- Profit of each SKU over the days of the scope. Overhead stays in the row without SKU, or is spread (`spread`).
WITH {include ../profit/pieces.sql},
-- What the rows of a SKU lack is unknown of the SKU. Multiplying each figure by its sign takes twice as long.
added AS (
    SELECT account_id, sku COLLATE "C" AS sku, currency,
           sum(CASE WHEN sign > 0 THEN units ELSE -units END)::bigint AS units,
           sum(CASE WHEN sign > 0 THEN returned_units ELSE -returned_units END)::bigint AS returned_units,
           sum(CASE WHEN sign > 0 THEN unknown_sales ELSE -unknown_sales END) AS unknown_sales,
           sum(CASE WHEN sign > 0 THEN unknown_selling_fees ELSE -unknown_selling_fees END) AS unknown_selling_fees,
           sum(CASE WHEN sign > 0 THEN unknown_fulfilment_fees ELSE -unknown_fulfilment_fees END) AS unknown_fulfilment_fees,
           sum(CASE WHEN sign > 0 THEN unknown_cogs ELSE -unknown_cogs END) AS unknown_cogs,
           sum(CASE WHEN sign > 0 THEN unknown_margin ELSE -unknown_margin END) AS unknown_margin,
           sum(CASE WHEN sign > 0 THEN unknown_rate ELSE -unknown_rate END) AS unknown_rate,
           sum(CASE WHEN sign > 0 THEN estimated ELSE -estimated END) AS estimated,
           sum(CASE WHEN sign > 0 THEN incomplete ELSE -incomplete END) AS incomplete,
           sum(CASE WHEN sign > 0 THEN missing_ads ELSE -missing_ads END) AS missing_ads,
           sum(CASE WHEN sign > 0 THEN missing_cost ELSE -missing_cost END) AS missing_cost,
           sum(CASE WHEN sign > 0 THEN missing_fees ELSE -missing_fees END) AS missing_fees,
           sum(CASE WHEN sign > 0 THEN missing_fx_rate ELSE -missing_fx_rate END) AS missing_fx_rate,
           sum(CASE WHEN sign > 0 THEN missing_price ELSE -missing_price END) AS missing_price,
           sum(CASE WHEN sign > 0 THEN missing_storage ELSE -missing_storage END) AS missing_storage,
           sum(CASE WHEN sign > 0 THEN missing_unmapped ELSE -missing_unmapped END) AS missing_unmapped,
           sum(CASE WHEN sign > 0 THEN missing_vat_setting ELSE -missing_vat_setting END) AS missing_vat_setting,
           sum(CASE WHEN sign > 0 THEN product_sales ELSE -product_sales END) AS product_sales,
           sum(CASE WHEN sign > 0 THEN other_income ELSE -other_income END) AS other_income,
           sum(CASE WHEN sign > 0 THEN refunds ELSE -refunds END) AS refunds,
           sum(CASE WHEN sign > 0 THEN promotions ELSE -promotions END) AS promotions,
           sum(CASE WHEN sign > 0 THEN selling_fees ELSE -selling_fees END) AS selling_fees,
           sum(CASE WHEN sign > 0 THEN fulfilment_fees ELSE -fulfilment_fees END) AS fulfilment_fees,
           sum(CASE WHEN sign > 0 THEN other_cm1 ELSE -other_cm1 END) AS other_cm1,
           sum(CASE WHEN sign > 0 THEN cogs ELSE -cogs END) AS cogs,
           sum(CASE WHEN sign > 0 THEN cm1 ELSE -cm1 END) AS cm1,
           sum(CASE WHEN sign > 0 THEN ads ELSE -ads END) AS ads,
           sum(CASE WHEN sign > 0 THEN storage ELSE -storage END) AS storage,
           sum(CASE WHEN sign > 0 THEN other_cm2 ELSE -other_cm2 END) AS other_cm2,
           sum(CASE WHEN sign > 0 THEN cm2 ELSE -cm2 END) AS cm2,
           sum(CASE WHEN sign > 0 THEN overhead ELSE -overhead END) AS overhead
    FROM pieces
    GROUP BY 2, 1, 3  -- By what differs most, and without collation: sorting is a third of the time.
),
sums AS (
    SELECT account_id, sku, currency, units, returned_units,
           CASE WHEN unknown_rate_shown = 0 AND unknown_sales = 0 THEN product_sales END AS product_sales,
           CASE WHEN unknown_rate_shown = 0 THEN other_income END AS other_income,
           CASE WHEN unknown_rate_shown = 0 THEN refunds END AS refunds,
           CASE WHEN unknown_rate_shown = 0 THEN promotions END AS promotions,
           CASE WHEN unknown_rate_shown = 0 AND unknown_selling_fees = 0 THEN selling_fees END AS selling_fees,
           CASE WHEN unknown_rate_shown = 0 AND unknown_fulfilment_fees = 0 THEN fulfilment_fees END AS fulfilment_fees,
           CASE WHEN unknown_rate_shown = 0 THEN other_cm1 END AS other_cm1,
           CASE WHEN unknown_rate_shown = 0 AND unknown_cogs = 0 THEN cogs END AS cogs,
           CASE WHEN unknown_rate_shown = 0 AND unknown_margin = 0 THEN cm1 END AS cm1,
           CASE WHEN unknown_rate_shown = 0 THEN ads END AS ads,
           CASE WHEN unknown_rate_shown = 0 THEN storage END AS storage,
           CASE WHEN unknown_rate_shown = 0 THEN other_cm2 END AS other_cm2,
           CASE WHEN unknown_rate_shown = 0 AND unknown_margin = 0 THEN cm2 END AS cm2,
           CASE WHEN unknown_rate_shown = 0 THEN overhead END AS overhead,
           CASE WHEN incomplete > 0 OR b.account_id IS NOT NULL THEN 'incomplete'
                WHEN estimated > 0 THEN 'estimated' ELSE 'complete' END AS status,
           concat_ws(', ', CASE WHEN missing_ads > 0 THEN 'ads' END,
                     CASE WHEN missing_cost > 0 THEN 'cost' END,
                     CASE WHEN b.account_id IS NOT NULL THEN 'days' END,
                     CASE WHEN missing_fees > 0 THEN 'fees' END,
                     CASE WHEN missing_fx_rate > 0 THEN 'fx_rate' END,
                     CASE WHEN missing_price > 0 THEN 'price' END,
                     CASE WHEN missing_storage > 0 THEN 'storage' END,
                     CASE WHEN missing_unmapped > 0 THEN 'unmapped' END,
                     CASE WHEN missing_vat_setting > 0 THEN 'vat_setting' END) AS missing
    FROM added
    LEFT JOIN behind AS b USING (account_id)
    CROSS JOIN LATERAL (SELECT CASE WHEN %(in_reporting)s THEN unknown_rate ELSE 0 END AS unknown_rate_shown) AS r
    -- Sums by month know SKUs that had nothing on the days of the scope.
    WHERE (units, returned_units, unknown_margin, unknown_rate) <> (0, 0, 0, 0)
       OR (product_sales, other_income, refunds, promotions, selling_fees, fulfilment_fees, other_cm1, cogs)
          <> (0, 0, 0, 0, 0, 0, 0, 0)
       OR (ads, storage, other_cm2, overhead) <> (0, 0, 0, 0)
),
spread AS (
    SELECT s.*,
           CASE %(spread)s WHEN 'sales' THEN s.product_sales / nullif(sum(s.product_sales) OVER whole, 0)
                           WHEN 'units' THEN s.units::numeric / nullif(sum(s.units) OVER whole, 0) END AS share,
           sum(s.overhead) OVER whole AS all_overhead
    FROM sums AS s
    WINDOW whole AS (PARTITION BY s.account_id, s.currency)
),
found AS (
    SELECT s.account_id, s.sku, s.currency, p.asin, p.title, s.units, s.returned_units, s.product_sales, s.other_income,
           s.refunds, s.promotions, s.selling_fees, s.fulfilment_fees, s.other_cm1, s.cogs, s.cm1, s.ads, s.storage,
           s.other_cm2, s.cm2, o.overhead, s.cm2 + o.overhead AS profit,
           round(s.cm2 / nullif(s.product_sales, 0), 6) AS margin, s.status, s.missing
    FROM spread AS s
    CROSS JOIN LATERAL (
        SELECT CASE WHEN %(spread)s = 'none' THEN s.overhead ELSE coalesce(round(s.all_overhead * s.share, 6), 0) END AS overhead
    ) AS o
    LEFT JOIN sellerops_marts.product AS p ON p.account_id = s.account_id AND p.sku = s.sku COLLATE "default"
    WHERE %(search)s::text IS NULL OR s.sku COLLATE "default" ILIKE %(search)s OR p.asin ILIKE %(search)s OR p.title ILIKE %(search)s
),
page AS (SELECT * FROM found ORDER BY {order_by}, account_id, sku, currency LIMIT %(limit)s OFFSET %(offset)s)
SELECT false AS is_totals, (SELECT count(*) FROM found) AS row_count, page.* FROM page
UNION ALL
SELECT true, count(*), '', '', max(currency), '', '', sum(units), sum(returned_units),
       CASE WHEN count(*) = count(product_sales) THEN sum(product_sales) END,
       CASE WHEN count(*) = count(other_income) THEN sum(other_income) END,
       CASE WHEN count(*) = count(refunds) THEN sum(refunds) END,
       CASE WHEN count(*) = count(promotions) THEN sum(promotions) END,
       CASE WHEN count(*) = count(selling_fees) THEN sum(selling_fees) END,
       CASE WHEN count(*) = count(fulfilment_fees) THEN sum(fulfilment_fees) END,
       CASE WHEN count(*) = count(other_cm1) THEN sum(other_cm1) END,
       CASE WHEN count(*) = count(cogs) THEN sum(cogs) END,
       CASE WHEN count(*) = count(cm1) THEN sum(cm1) END,
       CASE WHEN count(*) = count(ads) THEN sum(ads) END,
       CASE WHEN count(*) = count(storage) THEN sum(storage) END,
       CASE WHEN count(*) = count(other_cm2) THEN sum(other_cm2) END,
       CASE WHEN count(*) = count(cm2) THEN sum(cm2) END,
       CASE WHEN count(*) = count(overhead) THEN sum(overhead) END,
       CASE WHEN count(*) = count(profit) THEN sum(profit) END,
       CASE WHEN count(*) = count(cm2) AND count(*) = count(product_sales)
            THEN round(sum(cm2) / nullif(sum(product_sales), 0), 6) END,
       CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
            WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END,
       coalesce(string_agg(DISTINCT nullif(missing, ''), ', '), '')
FROM found
HAVING count(DISTINCT currency) = 1
ORDER BY is_totals, {order_by}, account_id, sku, currency
