-- Profit of each SKU over the days of the scope. Overhead stays in the row without SKU, or is spread (`spread`).
WITH rated AS (
    SELECT p.*,
           CASE WHEN %(in_reporting)s THEN p.reporting_currency ELSE p.currency END AS shown_currency,
           CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END AS rate
    FROM sellerops_marts.profit_sku_day AS p
    LEFT JOIN sellerops_reference.fx_rate AS x
        ON x.day = p.day AND x.from_currency = p.currency AND x.to_currency = p.reporting_currency
    WHERE p.day BETWEEN %(start)s AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR p.marketplace_id = ANY (%(marketplaces)s))
),
amounts AS (
    SELECT account_id, sku, shown_currency, units, returned_units, status, missing,
           CASE WHEN %(in_reporting)s THEN product_sales_reporting ELSE product_sales END AS product_sales,
           (shipping_income + gift_wrap_income + other_income) * rate AS other_income,
           refunds * rate AS refunds,
           promotions * rate AS promotions,
           (referral_fees + closing_fees + digital_services_fees) * rate AS selling_fees,
           fulfilment_fees * rate AS fulfilment_fees,
           (return_fees + refund_admin_fees + chargebacks + merchant_shipping + other_cm1) * rate AS other_cm1,
           CASE WHEN %(in_reporting)s THEN cogs_reporting + cogs_returned * rate ELSE cogs + cogs_returned END AS cogs,
           CASE WHEN %(in_reporting)s THEN cm1_reporting ELSE cm1 END AS cm1,
           CASE WHEN %(in_reporting)s THEN ads_reporting ELSE ads END AS ads,
           storage * rate AS storage,
           (promotion_fees + inbound + removals + reimbursements + clawbacks + other_cm2 + tax_on_fees) * rate AS other_cm2,
           CASE WHEN %(in_reporting)s THEN cm2_reporting ELSE cm2 END AS cm2,
           overhead * rate AS overhead
    FROM rated
),
sums AS (
    SELECT account_id, sku, coalesce(shown_currency, '') AS currency,
           coalesce(sum(units), 0)::bigint AS units, coalesce(sum(returned_units), 0)::bigint AS returned_units,
           CASE WHEN count(*) = count(product_sales) THEN round(sum(product_sales), 6) END AS product_sales,
           CASE WHEN count(*) = count(other_income) THEN round(sum(other_income), 6) END AS other_income,
           CASE WHEN count(*) = count(refunds) THEN round(sum(refunds), 6) END AS refunds,
           CASE WHEN count(*) = count(promotions) THEN round(sum(promotions), 6) END AS promotions,
           CASE WHEN count(*) = count(selling_fees) THEN round(sum(selling_fees), 6) END AS selling_fees,
           CASE WHEN count(*) = count(fulfilment_fees) THEN round(sum(fulfilment_fees), 6) END AS fulfilment_fees,
           CASE WHEN count(*) = count(other_cm1) THEN round(sum(other_cm1), 6) END AS other_cm1,
           CASE WHEN count(*) = count(cogs) THEN round(sum(cogs), 6) END AS cogs,
           CASE WHEN count(*) = count(cm1) THEN round(sum(cm1), 6) END AS cm1,
           CASE WHEN count(*) = count(ads) THEN round(sum(ads), 6) END AS ads,
           CASE WHEN count(*) = count(storage) THEN round(sum(storage), 6) END AS storage,
           CASE WHEN count(*) = count(other_cm2) THEN round(sum(other_cm2), 6) END AS other_cm2,
           CASE WHEN count(*) = count(cm2) THEN round(sum(cm2), 6) END AS cm2,
           CASE WHEN count(*) = count(overhead) THEN round(sum(overhead), 6) END AS overhead,
           CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status,
           coalesce(string_agg(DISTINCT nullif(missing, ''), ', '), '') AS missing
    FROM amounts
    GROUP BY account_id, sku, shown_currency
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
    LEFT JOIN sellerops_marts.product AS p ON p.account_id = s.account_id AND p.sku = s.sku
    WHERE %(search)s::text IS NULL OR s.sku ILIKE %(search)s OR p.asin ILIKE %(search)s OR p.title ILIKE %(search)s
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
