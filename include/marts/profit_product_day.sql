-- description: >-
--   Profit of each SKU in all marketplaces of its account, in the reporting currency, from the first day of a part of a
--   month (the 1st, 9th, 17th or 25th) until the day. Together with profit_product_part and profit_product_year it is the
--   sum from January 1 until the day, so that pages add up any period in a few rows. A SKU has a row on each later day of
--   its part on which the account has any.
-- group: money
-- grain: [account_id, day, sku, currency]
-- partition: [account_id, part_first]
-- inputs:
--   profit_sku_day: {day: day, after: 7}
--   reference.calendar: {day: day, after: 7, account: false, marketplace: false}
--   reference.fx_rate: {day: day, after: 7, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   part_first: {type: date, description: "First day of the part: the 1st, 9th, 17th or 25th of a month."}
--   day: {type: date, description: "Last day of the sum, in the marketplace's time zone."}
--   sku: {type: text, description: "SKU; empty: amounts that no SKU is named for."}
--   currency: {type: text, description: "The account's reporting currency; empty: it has none, and all amounts are 0."}
--   units: {type: integer, unit: units, description: "Units ordered, cancelled ones left out."}
--   returned_units: {type: integer, unit: units, description: "Units that came back in sellable state."}
--   unknown_sales: {type: integer, unit: rows, description: "Rows without product_sales."}
--   unknown_selling_fees: {type: integer, unit: rows, description: "Rows without selling_fees."}
--   unknown_fulfilment_fees: {type: integer, unit: rows, description: "Rows without fulfilment_fees."}
--   unknown_cogs: {type: integer, unit: rows, description: "Rows without cogs."}
--   unknown_margin: {type: integer, unit: rows, description: "Rows without cm1 and cm2."}
--   unknown_rate: {type: integer, unit: rows, description: "Rows without a rate to the reporting currency."}
--   estimated: {type: integer, unit: rows, description: "Rows with status estimated."}
--   incomplete: {type: integer, unit: rows, description: "Rows with status incomplete."}
--   missing_ads: {type: integer, unit: rows, description: "Rows whose missing says ads."}
--   missing_cost: {type: integer, unit: rows, description: "Rows whose missing says cost."}
--   missing_fees: {type: integer, unit: rows, description: "Rows whose missing says fees."}
--   missing_fx_rate: {type: integer, unit: rows, description: "Rows whose missing says fx_rate."}
--   missing_price: {type: integer, unit: rows, description: "Rows whose missing says price."}
--   missing_storage: {type: integer, unit: rows, description: "Rows whose missing says storage."}
--   missing_unmapped: {type: integer, unit: rows, description: "Rows whose missing says unmapped."}
--   missing_vat_setting: {type: integer, unit: rows, description: "Rows whose missing says vat_setting."}
--   product_sales: {type: decimal, unit: currency, description: "Prices of products without tax, before promotions. Each day at its rate; only what is known: see the counts."}
--   other_income: {type: decimal, unit: currency, description: "Shipping and gift wrap that buyers paid, and other income of orders. Each day at its rate; only what is known: see the counts."}
--   refunds: {type: decimal, unit: currency, description: "What buyers got back, without tax. Each day at its rate; only what is known: see the counts."}
--   promotions: {type: decimal, unit: currency, description: "Your discounts on products and shipping, and points. Each day at its rate; only what is known: see the counts."}
--   selling_fees: {type: decimal, unit: currency, description: "Commission, closing and digital services fees. Each day at its rate; only what is known: see the counts."}
--   fulfilment_fees: {type: decimal, unit: currency, description: "FBA fulfilment, with low-inventory-level fee, fuel surcharge and peak fee. Each day at its rate; only what is known: see the counts."}
--   other_cm1: {type: decimal, unit: currency, description: "Returns processing, refund administration, chargebacks, postage, and every other line of level CM1. Each day at its rate; only what is known: see the counts."}
--   cogs: {type: decimal, unit: currency, cost: true, description: "Cost of the units sold, less that of units that came back sellable. Each day at its rate; only what is known: see the counts."}
--   cm1: {type: decimal, unit: currency, cost: true, description: "Contribution margin 1: all columns before it. Each day at its rate; only what is known: see the counts."}
--   ads: {type: decimal, unit: currency, description: "Advertising. Each day at its rate; only what is known: see the counts."}
--   storage: {type: decimal, unit: currency, description: "Storage: monthly, utilization, aged, overage, AWD, reservation. Each day at its rate; only what is known: see the counts."}
--   other_cm2: {type: decimal, unit: currency, description: "Fees of coupons and deals, inbound, removals, reimbursements, clawbacks, tax on fees, and every other line of level CM2. Each day at its rate; only what is known: see the counts."}
--   cm2: {type: decimal, unit: currency, cost: true, description: "Contribution margin 2: cm1 and the columns after it. Each day at its rate; only what is known: see the counts."}
--   overhead: {type: decimal, unit: currency, description: "Costs of the account that are never spread: subscription, services, EPR, fee adjustments. Each day at its rate; only what is known: see the counts."}
WITH days AS (
    SELECT s.account_id,
           CASE WHEN EXTRACT(DAY FROM s.day) < 9 THEN c.month_first
                WHEN EXTRACT(DAY FROM s.day) < 17 THEN CAST(c.month_first + INTERVAL '8' DAY AS DATE)
                WHEN EXTRACT(DAY FROM s.day) < 25 THEN CAST(c.month_first + INTERVAL '16' DAY AS DATE)
                ELSE CAST(c.month_first + INTERVAL '24' DAY AS DATE) END AS part_first,
           s.day, s.sku, COALESCE(s.reporting_currency, '') AS currency,
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
           CASE WHEN s.missing LIKE '%ads%' THEN 1 ELSE 0 END AS missing_ads,
           CASE WHEN s.missing LIKE '%cost%' THEN 1 ELSE 0 END AS missing_cost,
           CASE WHEN s.missing LIKE '%fees%' THEN 1 ELSE 0 END AS missing_fees,
           CASE WHEN s.missing LIKE '%fx_rate%' THEN 1 ELSE 0 END AS missing_fx_rate,
           CASE WHEN s.missing LIKE '%price%' THEN 1 ELSE 0 END AS missing_price,
           CASE WHEN s.missing LIKE '%storage%' THEN 1 ELSE 0 END AS missing_storage,
           CASE WHEN s.missing LIKE '%unmapped%' THEN 1 ELSE 0 END AS missing_unmapped,
           CASE WHEN s.missing LIKE '%vat_setting%' THEN 1 ELSE 0 END AS missing_vat_setting,
           s.product_sales_reporting,
           ROUND((s.shipping_income + s.gift_wrap_income + s.other_income) * x.rate, 6) AS other_income_reporting,
           ROUND((s.refunds) * x.rate, 6) AS refunds_reporting,
           ROUND((s.promotions) * x.rate, 6) AS promotions_reporting,
           ROUND((s.referral_fees + s.closing_fees + s.digital_services_fees) * x.rate, 6) AS selling_fees_reporting,
           ROUND((s.fulfilment_fees) * x.rate, 6) AS fulfilment_fees_reporting,
           ROUND((s.return_fees + s.refund_admin_fees + s.chargebacks + s.merchant_shipping + s.other_cm1) * x.rate, 6) AS other_cm1_reporting,
           s.cogs_reporting,
           s.cm1_reporting,
           s.ads_reporting,
           ROUND((s.storage) * x.rate, 6) AS storage_reporting,
           ROUND((s.promotion_fees + s.inbound + s.removals + s.reimbursements + s.clawbacks + s.other_cm2 + s.tax_on_fees) * x.rate, 6) AS other_cm2_reporting,
           s.cm2_reporting,
           ROUND((s.overhead) * x.rate, 6) AS overhead_reporting
    FROM {{ ref('profit_sku_day') }} AS s
    INNER JOIN {{ source('reference.calendar') }} AS c ON c.day = s.day
    LEFT JOIN {{ source('reference.fx_rate') }} AS x
        ON x.day = s.day AND x.from_currency = s.currency AND x.to_currency = s.reporting_currency
),
sums AS (
    SELECT d.account_id, d.part_first, d.day, d.sku, d.currency,
           SUM(d.units) AS units,
           SUM(d.returned_units) AS returned_units,
           SUM(d.unknown_sales) AS unknown_sales,
           SUM(d.unknown_selling_fees) AS unknown_selling_fees,
           SUM(d.unknown_fulfilment_fees) AS unknown_fulfilment_fees,
           SUM(d.unknown_cogs) AS unknown_cogs,
           SUM(d.unknown_margin) AS unknown_margin,
           SUM(d.unknown_rate) AS unknown_rate,
           SUM(d.estimated) AS estimated,
           SUM(d.incomplete) AS incomplete,
           SUM(d.missing_ads) AS missing_ads,
           SUM(d.missing_cost) AS missing_cost,
           SUM(d.missing_fees) AS missing_fees,
           SUM(d.missing_fx_rate) AS missing_fx_rate,
           SUM(d.missing_price) AS missing_price,
           SUM(d.missing_storage) AS missing_storage,
           SUM(d.missing_unmapped) AS missing_unmapped,
           SUM(d.missing_vat_setting) AS missing_vat_setting,
           COALESCE(SUM(d.product_sales_reporting), 0) AS product_sales,
           COALESCE(SUM(d.other_income_reporting), 0) AS other_income,
           COALESCE(SUM(d.refunds_reporting), 0) AS refunds,
           COALESCE(SUM(d.promotions_reporting), 0) AS promotions,
           COALESCE(SUM(d.selling_fees_reporting), 0) AS selling_fees,
           COALESCE(SUM(d.fulfilment_fees_reporting), 0) AS fulfilment_fees,
           COALESCE(SUM(d.other_cm1_reporting), 0) AS other_cm1,
           COALESCE(SUM(d.cogs_reporting), 0) AS cogs,
           COALESCE(SUM(d.cm1_reporting), 0) AS cm1,
           COALESCE(SUM(d.ads_reporting), 0) AS ads,
           COALESCE(SUM(d.storage_reporting), 0) AS storage,
           COALESCE(SUM(d.other_cm2_reporting), 0) AS other_cm2,
           COALESCE(SUM(d.cm2_reporting), 0) AS cm2,
           COALESCE(SUM(d.overhead_reporting), 0) AS overhead
    FROM days AS d
    GROUP BY d.account_id, d.part_first, d.day, d.sku, d.currency
),
-- Days with any figure of the account, and the SKUs that have had one in the part.
business_days AS (
    SELECT s.account_id, s.part_first, s.day FROM sums AS s GROUP BY s.account_id, s.part_first, s.day
),
part_skus AS (
    SELECT s.account_id, s.part_first, s.sku, s.currency, MIN(s.day) AS first_day
    FROM sums AS s
    GROUP BY s.account_id, s.part_first, s.sku, s.currency
),
every AS (
    SELECT p.account_id, p.part_first, b.day, p.sku, p.currency,
           COALESCE(s.units, 0) AS units,
           COALESCE(s.returned_units, 0) AS returned_units,
           COALESCE(s.unknown_sales, 0) AS unknown_sales,
           COALESCE(s.unknown_selling_fees, 0) AS unknown_selling_fees,
           COALESCE(s.unknown_fulfilment_fees, 0) AS unknown_fulfilment_fees,
           COALESCE(s.unknown_cogs, 0) AS unknown_cogs,
           COALESCE(s.unknown_margin, 0) AS unknown_margin,
           COALESCE(s.unknown_rate, 0) AS unknown_rate,
           COALESCE(s.estimated, 0) AS estimated,
           COALESCE(s.incomplete, 0) AS incomplete,
           COALESCE(s.missing_ads, 0) AS missing_ads,
           COALESCE(s.missing_cost, 0) AS missing_cost,
           COALESCE(s.missing_fees, 0) AS missing_fees,
           COALESCE(s.missing_fx_rate, 0) AS missing_fx_rate,
           COALESCE(s.missing_price, 0) AS missing_price,
           COALESCE(s.missing_storage, 0) AS missing_storage,
           COALESCE(s.missing_unmapped, 0) AS missing_unmapped,
           COALESCE(s.missing_vat_setting, 0) AS missing_vat_setting,
           COALESCE(s.product_sales, 0) AS product_sales,
           COALESCE(s.other_income, 0) AS other_income,
           COALESCE(s.refunds, 0) AS refunds,
           COALESCE(s.promotions, 0) AS promotions,
           COALESCE(s.selling_fees, 0) AS selling_fees,
           COALESCE(s.fulfilment_fees, 0) AS fulfilment_fees,
           COALESCE(s.other_cm1, 0) AS other_cm1,
           COALESCE(s.cogs, 0) AS cogs,
           COALESCE(s.cm1, 0) AS cm1,
           COALESCE(s.ads, 0) AS ads,
           COALESCE(s.storage, 0) AS storage,
           COALESCE(s.other_cm2, 0) AS other_cm2,
           COALESCE(s.cm2, 0) AS cm2,
           COALESCE(s.overhead, 0) AS overhead
    FROM part_skus AS p
    INNER JOIN business_days AS b
        ON b.account_id = p.account_id AND b.part_first = p.part_first AND b.day >= p.first_day
    LEFT JOIN sums AS s
        ON s.account_id = p.account_id AND s.day = b.day AND s.sku = p.sku AND s.currency = p.currency
)
SELECT d.account_id, d.part_first, d.day, d.sku, d.currency,
       SUM(d.units) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS units,
       SUM(d.returned_units) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS returned_units,
       SUM(d.unknown_sales) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS unknown_sales,
       SUM(d.unknown_selling_fees) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS unknown_selling_fees,
       SUM(d.unknown_fulfilment_fees) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS unknown_fulfilment_fees,
       SUM(d.unknown_cogs) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS unknown_cogs,
       SUM(d.unknown_margin) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS unknown_margin,
       SUM(d.unknown_rate) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS unknown_rate,
       SUM(d.estimated) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS estimated,
       SUM(d.incomplete) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS incomplete,
       SUM(d.missing_ads) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS missing_ads,
       SUM(d.missing_cost) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS missing_cost,
       SUM(d.missing_fees) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS missing_fees,
       SUM(d.missing_fx_rate) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS missing_fx_rate,
       SUM(d.missing_price) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS missing_price,
       SUM(d.missing_storage) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS missing_storage,
       SUM(d.missing_unmapped) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS missing_unmapped,
       SUM(d.missing_vat_setting) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS missing_vat_setting,
       SUM(d.product_sales) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS product_sales,
       SUM(d.other_income) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS other_income,
       SUM(d.refunds) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS refunds,
       SUM(d.promotions) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS promotions,
       SUM(d.selling_fees) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS selling_fees,
       SUM(d.fulfilment_fees) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS fulfilment_fees,
       SUM(d.other_cm1) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS other_cm1,
       SUM(d.cogs) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS cogs,
       SUM(d.cm1) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS cm1,
       SUM(d.ads) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS ads,
       SUM(d.storage) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS storage,
       SUM(d.other_cm2) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS other_cm2,
       SUM(d.cm2) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS cm2,
       SUM(d.overhead) OVER (PARTITION BY d.account_id, d.part_first, d.sku, d.currency ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS overhead
FROM every AS d
