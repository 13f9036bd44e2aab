-- CTEs `behind` and `pieces` of the profit of SKUs in the days of the scope; the sums of `pieces`, each by its sign, are it.
-- Of whole accounts in their reporting currency (`of_accounts`): from January 1 to the last day, less to the day before
-- the first, plus the whole years between. Each is three rows of a SKU: the year's months, the month's parts, the part.
-- While marts are being built, a sum may lack what comes before it: then the last day that has all is taken, or more would
-- be taken off than was added, and the rows of the account are incomplete. They are, too, while any of these sums waits to
-- be rebuilt: another may have the change already.
days_of AS (
    SELECT a.account_id, e.sign, l.day, l.day IS DISTINCT FROM p.day AS is_behind
    FROM (SELECT DISTINCT account_id FROM sellerops_marts.profit_day) AS a
    CROSS JOIN (VALUES (1, %(start)s::date, %(end)s::date),
                       (-1, date_trunc('year', %(start)s::date)::date, %(start)s::date - 1)) AS e (sign, first, last)
    CROSS JOIN LATERAL (
        SELECT max(p.day) AS day FROM sellerops_marts.profit_day AS p
        WHERE p.account_id = a.account_id AND p.day BETWEEN e.first AND e.last
    ) AS p
    LEFT JOIN LATERAL (
        SELECT d.day
        FROM (SELECT DISTINCT q.day FROM sellerops_marts.profit_day AS q
              WHERE q.account_id = a.account_id AND q.day BETWEEN e.first AND e.last ORDER BY q.day DESC LIMIT 40) AS d
        CROSS JOIN LATERAL (
            SELECT date_trunc('month', d.day)::date AS month_first, date_trunc('year', d.day)::date AS year_first,
                   date_trunc('month', d.day)::date + least((extract(day FROM d.day)::int - 1) / 8, 3) * 8 AS part_first
        ) AS f
        WHERE EXISTS (SELECT FROM sellerops_marts.profit_product_day AS t
                      WHERE t.account_id = a.account_id AND t.day = d.day OFFSET 0)
          AND (EXISTS (SELECT FROM sellerops_marts.profit_product_part AS t
                       WHERE t.account_id = a.account_id AND t.part_first = f.part_first)
               OR NOT EXISTS (SELECT FROM sellerops_marts.profit_day AS q WHERE q.account_id = a.account_id
                              AND q.day >= f.month_first AND q.day < f.part_first))
          AND (EXISTS (SELECT FROM sellerops_marts.profit_product_year AS t
                       WHERE t.account_id = a.account_id AND t.month_first = f.month_first)
               OR NOT EXISTS (SELECT FROM sellerops_marts.profit_day AS q WHERE q.account_id = a.account_id
                              AND q.day >= f.year_first AND q.day < f.month_first))
        ORDER BY d.day DESC LIMIT 1
    ) AS l ON true
    WHERE %(of_accounts)s AND (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
),
-- The Januaries between the two days: their row is the whole year before.
years AS (
    SELECT d.account_id, make_date(y, 1, 1) AS month_first
    FROM days_of AS d
    CROSS JOIN generate_series(extract(year FROM %(start)s::date)::int + 1, extract(year FROM d.day)::int) AS y
    WHERE d.sign = 1
),
sums_until AS (
    SELECT d.account_id, d.sign, d.day,
           date_trunc('month', d.day)::date + least((extract(day FROM d.day)::int - 1) / 8, 3) * 8 AS part_first,
           CASE WHEN extract(month FROM d.day) > 1 THEN date_trunc('month', d.day)::date END AS month_first
    FROM days_of AS d
    -- Nothing of these days, nothing to take off.
    WHERE EXISTS (SELECT FROM days_of AS l WHERE l.account_id = d.account_id AND l.sign = 1 AND l.day IS NOT NULL)
    UNION ALL
    SELECT y.account_id, 1, NULL, NULL, y.month_first FROM years AS y
),
behind AS (
    SELECT account_id FROM days_of WHERE is_behind
    UNION
    SELECT y.account_id FROM years AS y
    WHERE NOT EXISTS (SELECT FROM sellerops_marts.profit_product_year AS t
                      WHERE t.account_id = y.account_id AND t.month_first = y.month_first)
      AND EXISTS (SELECT FROM sellerops_marts.profit_day AS p
                  WHERE p.account_id = y.account_id AND p.day >= y.month_first - 365 AND p.day < y.month_first)
    UNION
    SELECT p.account_id FROM sellerops.mart_pending AS p
    WHERE p.destination = 'postgres'
      AND (p.mart IN ('profit_sku_part', 'profit_sku_month')
           OR %(of_accounts)s AND p.mart IN ('profit_product_day', 'profit_product_part', 'profit_product_month',
                                             'profit_product_year'))
      -- No sum of these days begins before January 1.
      AND coalesce(p.last_day, 'infinity') >= date_trunc('year', %(start)s::date)
      AND coalesce(p.first_day, '-infinity') <= %(end)s::date
),
pieces AS (
    SELECT u.sign AS sign, t.account_id, t.sku, t.currency, t.units, t.returned_units, t.unknown_sales, t.unknown_selling_fees,
           t.unknown_fulfilment_fees, t.unknown_cogs, t.unknown_margin, t.unknown_rate, t.estimated, t.incomplete,
           t.missing_ads, t.missing_cost, t.missing_fees, t.missing_fx_rate, t.missing_price, t.missing_storage,
           t.missing_unmapped, t.missing_vat_setting, t.product_sales, t.other_income, t.refunds, t.promotions,
           t.selling_fees, t.fulfilment_fees, t.other_cm1, t.cogs, t.cm1, t.ads, t.storage, t.other_cm2, t.cm2,
           t.overhead
    FROM sums_until AS u
    CROSS JOIN LATERAL (
        SELECT * FROM sellerops_marts.profit_product_day AS t WHERE t.account_id = u.account_id AND t.day = u.day OFFSET 0
    ) AS t  -- Key by key: a scan of the whole table looks cheaper than it is.
    UNION ALL
    SELECT u.sign AS sign, t.account_id, t.sku, t.currency, t.units, t.returned_units, t.unknown_sales, t.unknown_selling_fees,
           t.unknown_fulfilment_fees, t.unknown_cogs, t.unknown_margin, t.unknown_rate, t.estimated, t.incomplete,
           t.missing_ads, t.missing_cost, t.missing_fees, t.missing_fx_rate, t.missing_price, t.missing_storage,
           t.missing_unmapped, t.missing_vat_setting, t.product_sales, t.other_income, t.refunds, t.promotions,
           t.selling_fees, t.fulfilment_fees, t.other_cm1, t.cogs, t.cm1, t.ads, t.storage, t.other_cm2, t.cm2,
           t.overhead
    FROM sums_until AS u
    CROSS JOIN LATERAL (
        SELECT * FROM sellerops_marts.profit_product_part AS t WHERE t.account_id = u.account_id AND t.part_first = u.part_first OFFSET 0
    ) AS t  -- Key by key: a scan of the whole table looks cheaper than it is.
    UNION ALL
    SELECT u.sign AS sign, t.account_id, t.sku, t.currency, t.units, t.returned_units, t.unknown_sales, t.unknown_selling_fees,
           t.unknown_fulfilment_fees, t.unknown_cogs, t.unknown_margin, t.unknown_rate, t.estimated, t.incomplete,
           t.missing_ads, t.missing_cost, t.missing_fees, t.missing_fx_rate, t.missing_price, t.missing_storage,
           t.missing_unmapped, t.missing_vat_setting, t.product_sales, t.other_income, t.refunds, t.promotions,
           t.selling_fees, t.fulfilment_fees, t.other_cm1, t.cogs, t.cm1, t.ads, t.storage, t.other_cm2, t.cm2,
           t.overhead
    FROM sums_until AS u
    CROSS JOIN LATERAL (
        SELECT * FROM sellerops_marts.profit_product_year AS t WHERE t.account_id = u.account_id AND t.month_first = u.month_first OFFSET 0
    ) AS t  -- Key by key: a scan of the whole table looks cheaper than it is.
    UNION ALL
    SELECT 1, m.account_id, m.sku,
           CASE WHEN %(in_reporting)s THEN coalesce(m.reporting_currency, '') ELSE m.currency END AS currency,
           m.units,
           m.returned_units,
           m.unknown_sales,
           m.unknown_selling_fees,
           m.unknown_fulfilment_fees,
           m.unknown_cogs,
           m.unknown_margin,
           m.unknown_rate,
           m.estimated,
           m.incomplete,
           m.missing_ads,
           m.missing_cost,
           m.missing_fees,
           m.missing_fx_rate,
           m.missing_price,
           m.missing_storage,
           m.missing_unmapped,
           m.missing_vat_setting,
           CASE WHEN %(in_reporting)s THEN m.product_sales_reporting ELSE m.product_sales END AS product_sales,
           CASE WHEN %(in_reporting)s THEN m.other_income_reporting ELSE m.other_income END AS other_income,
           CASE WHEN %(in_reporting)s THEN m.refunds_reporting ELSE m.refunds END AS refunds,
           CASE WHEN %(in_reporting)s THEN m.promotions_reporting ELSE m.promotions END AS promotions,
           CASE WHEN %(in_reporting)s THEN m.selling_fees_reporting ELSE m.selling_fees END AS selling_fees,
           CASE WHEN %(in_reporting)s THEN m.fulfilment_fees_reporting ELSE m.fulfilment_fees END AS fulfilment_fees,
           CASE WHEN %(in_reporting)s THEN m.other_cm1_reporting ELSE m.other_cm1 END AS other_cm1,
           CASE WHEN %(in_reporting)s THEN m.cogs_reporting ELSE m.cogs END AS cogs,
           CASE WHEN %(in_reporting)s THEN m.cm1_reporting ELSE m.cm1 END AS cm1,
           CASE WHEN %(in_reporting)s THEN m.ads_reporting ELSE m.ads END AS ads,
           CASE WHEN %(in_reporting)s THEN m.storage_reporting ELSE m.storage END AS storage,
           CASE WHEN %(in_reporting)s THEN m.other_cm2_reporting ELSE m.other_cm2 END AS other_cm2,
           CASE WHEN %(in_reporting)s THEN m.cm2_reporting ELSE m.cm2 END AS cm2,
           CASE WHEN %(in_reporting)s THEN m.overhead_reporting ELSE m.overhead END AS overhead
    FROM sellerops_marts.profit_sku_month AS m
    WHERE NOT %(of_accounts)s AND m.month_first = ANY (%(months)s::date[])
      AND (%(accounts)s::text[] IS NULL OR m.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR m.marketplace_id = ANY (%(marketplaces)s))
    UNION ALL
    SELECT 1, m.account_id, m.sku,
           CASE WHEN %(in_reporting)s THEN coalesce(m.reporting_currency, '') ELSE m.currency END AS currency,
           m.units,
           m.returned_units,
           m.unknown_sales,
           m.unknown_selling_fees,
           m.unknown_fulfilment_fees,
           m.unknown_cogs,
           m.unknown_margin,
           m.unknown_rate,
           m.estimated,
           m.incomplete,
           m.missing_ads,
           m.missing_cost,
           m.missing_fees,
           m.missing_fx_rate,
           m.missing_price,
           m.missing_storage,
           m.missing_unmapped,
           m.missing_vat_setting,
           CASE WHEN %(in_reporting)s THEN m.product_sales_reporting ELSE m.product_sales END AS product_sales,
           CASE WHEN %(in_reporting)s THEN m.other_income_reporting ELSE m.other_income END AS other_income,
           CASE WHEN %(in_reporting)s THEN m.refunds_reporting ELSE m.refunds END AS refunds,
           CASE WHEN %(in_reporting)s THEN m.promotions_reporting ELSE m.promotions END AS promotions,
           CASE WHEN %(in_reporting)s THEN m.selling_fees_reporting ELSE m.selling_fees END AS selling_fees,
           CASE WHEN %(in_reporting)s THEN m.fulfilment_fees_reporting ELSE m.fulfilment_fees END AS fulfilment_fees,
           CASE WHEN %(in_reporting)s THEN m.other_cm1_reporting ELSE m.other_cm1 END AS other_cm1,
           CASE WHEN %(in_reporting)s THEN m.cogs_reporting ELSE m.cogs END AS cogs,
           CASE WHEN %(in_reporting)s THEN m.cm1_reporting ELSE m.cm1 END AS cm1,
           CASE WHEN %(in_reporting)s THEN m.ads_reporting ELSE m.ads END AS ads,
           CASE WHEN %(in_reporting)s THEN m.storage_reporting ELSE m.storage END AS storage,
           CASE WHEN %(in_reporting)s THEN m.other_cm2_reporting ELSE m.other_cm2 END AS other_cm2,
           CASE WHEN %(in_reporting)s THEN m.cm2_reporting ELSE m.cm2 END AS cm2,
           CASE WHEN %(in_reporting)s THEN m.overhead_reporting ELSE m.overhead END AS overhead
    FROM sellerops_marts.profit_sku_part AS m
    WHERE NOT %(of_accounts)s AND m.part_first = ANY (%(parts)s::date[])
      AND (%(accounts)s::text[] IS NULL OR m.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR m.marketplace_id = ANY (%(marketplaces)s))
    UNION ALL
    SELECT 1, s.account_id, s.sku,
           CASE WHEN %(in_reporting)s THEN coalesce(s.reporting_currency, '') ELSE s.currency END AS currency,
           s.units AS units,
           s.returned_units AS returned_units,
           CASE WHEN s.product_sales IS NULL THEN 1 ELSE 0 END AS unknown_sales,
           CASE WHEN s.referral_fees IS NULL THEN 1 ELSE 0 END AS unknown_selling_fees,
           CASE WHEN s.fulfilment_fees IS NULL THEN 1 ELSE 0 END AS unknown_fulfilment_fees,
           CASE WHEN s.cogs IS NULL THEN 1 ELSE 0 END AS unknown_cogs,
           CASE WHEN s.cm2 IS NULL THEN 1 ELSE 0 END AS unknown_margin,
           CASE WHEN x.rate IS NULL THEN 1 ELSE 0 END AS unknown_rate,
           CASE WHEN s.status = 'estimated' THEN 1 ELSE 0 END AS estimated,
           CASE WHEN s.status = 'incomplete' THEN 1 ELSE 0 END AS incomplete,
           CASE WHEN s.missing LIKE '%%ads%%' THEN 1 ELSE 0 END AS missing_ads,
           CASE WHEN s.missing LIKE '%%cost%%' THEN 1 ELSE 0 END AS missing_cost,
           CASE WHEN s.missing LIKE '%%fees%%' THEN 1 ELSE 0 END AS missing_fees,
           CASE WHEN s.missing LIKE '%%fx_rate%%' THEN 1 ELSE 0 END AS missing_fx_rate,
           CASE WHEN s.missing LIKE '%%price%%' THEN 1 ELSE 0 END AS missing_price,
           CASE WHEN s.missing LIKE '%%storage%%' THEN 1 ELSE 0 END AS missing_storage,
           CASE WHEN s.missing LIKE '%%unmapped%%' THEN 1 ELSE 0 END AS missing_unmapped,
           CASE WHEN s.missing LIKE '%%vat_setting%%' THEN 1 ELSE 0 END AS missing_vat_setting,
           CASE WHEN %(in_reporting)s THEN s.product_sales_reporting ELSE s.product_sales END AS product_sales,
           CASE WHEN %(in_reporting)s THEN ROUND((s.shipping_income + s.gift_wrap_income + s.other_income) * x.rate, 6) ELSE s.shipping_income + s.gift_wrap_income + s.other_income END AS other_income,
           CASE WHEN %(in_reporting)s THEN ROUND((s.refunds) * x.rate, 6) ELSE s.refunds END AS refunds,
           CASE WHEN %(in_reporting)s THEN ROUND((s.promotions) * x.rate, 6) ELSE s.promotions END AS promotions,
           CASE WHEN %(in_reporting)s THEN ROUND((s.referral_fees + s.closing_fees + s.digital_services_fees) * x.rate, 6) ELSE s.referral_fees + s.closing_fees + s.digital_services_fees END AS selling_fees,
           CASE WHEN %(in_reporting)s THEN ROUND((s.fulfilment_fees) * x.rate, 6) ELSE s.fulfilment_fees END AS fulfilment_fees,
           CASE WHEN %(in_reporting)s THEN ROUND((s.return_fees + s.refund_admin_fees + s.chargebacks + s.merchant_shipping + s.other_cm1) * x.rate, 6) ELSE s.return_fees + s.refund_admin_fees + s.chargebacks + s.merchant_shipping + s.other_cm1 END AS other_cm1,
           CASE WHEN %(in_reporting)s THEN s.cogs_reporting ELSE s.cogs + s.cogs_returned END AS cogs,
           CASE WHEN %(in_reporting)s THEN s.cm1_reporting ELSE s.cm1 END AS cm1,
           CASE WHEN %(in_reporting)s THEN s.ads_reporting ELSE s.ads END AS ads,
           CASE WHEN %(in_reporting)s THEN ROUND((s.storage) * x.rate, 6) ELSE s.storage END AS storage,
           CASE WHEN %(in_reporting)s THEN ROUND((s.promotion_fees + s.inbound + s.removals + s.reimbursements + s.clawbacks + s.other_cm2 + s.tax_on_fees) * x.rate, 6) ELSE s.promotion_fees + s.inbound + s.removals + s.reimbursements + s.clawbacks + s.other_cm2 + s.tax_on_fees END AS other_cm2,
           CASE WHEN %(in_reporting)s THEN s.cm2_reporting ELSE s.cm2 END AS cm2,
           CASE WHEN %(in_reporting)s THEN ROUND((s.overhead) * x.rate, 6) ELSE s.overhead END AS overhead
    FROM sellerops_marts.profit_sku_day AS s
    LEFT JOIN sellerops_reference.fx_rate AS x
        ON x.day = s.day AND x.from_currency = s.currency AND x.to_currency = s.reporting_currency
    WHERE NOT %(of_accounts)s AND s.day = ANY (%(days)s::date[])
      AND (%(accounts)s::text[] IS NULL OR s.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR s.marketplace_id = ANY (%(marketplaces)s))
)
