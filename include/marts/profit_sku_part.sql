-- description: >-
--   Profit of each SKU in a quarter of a month (days 1 to 8, 9 to 16, 17 to 24, the rest): the sum of mart
--   profit_sku_day, from which months and the days until a day are added up. An amount is the sum of what is known;
--   the counts say how many rows of profit_sku_day lack it.
-- group: money
-- grain: [account_id, marketplace_id, part_first, sku, currency]
-- partition: [account_id, marketplace_id, part_first]
-- inputs:
--   profit_sku_day: {day: day, after: 7}
--   reference.calendar: {day: day, after: 7, account: false, marketplace: false}
--   reference.fx_rate: {day: day, after: 7, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   part_first: {type: date, description: "First day of the part: the 1st, 9th, 17th or 25th of a month."}
--   sku: {type: text, description: "SKU; empty: amounts that no SKU is named for."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   units: {type: integer, unit: units, description: "Units ordered, cancelled ones left out."}
--   open_units: {type: integer, unit: units, description: "Units of which Amazon has not posted the money yet; their amounts are estimates."}
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
--   product_sales: {type: decimal, unit: currency, description: "Prices of products without tax, before promotions. Only what is known: see the counts."}
--   other_income: {type: decimal, unit: currency, description: "Shipping and gift wrap that buyers paid, and other income of orders. Only what is known: see the counts."}
--   refunds: {type: decimal, unit: currency, description: "What buyers got back, without tax. Only what is known: see the counts."}
--   promotions: {type: decimal, unit: currency, description: "Your discounts on products and shipping, and points. Only what is known: see the counts."}
--   selling_fees: {type: decimal, unit: currency, description: "Commission, closing and digital services fees. Only what is known: see the counts."}
--   fulfilment_fees: {type: decimal, unit: currency, description: "FBA fulfilment, with low-inventory-level fee, fuel surcharge and peak fee. Only what is known: see the counts."}
--   other_cm1: {type: decimal, unit: currency, description: "Returns processing, refund administration, chargebacks, postage, and every other line of level CM1. Only what is known: see the counts."}
--   cogs: {type: decimal, unit: currency, cost: true, description: "Cost of the units sold, less that of units that came back sellable. Only what is known: see the counts."}
--   cm1: {type: decimal, unit: currency, cost: true, description: "Contribution margin 1: all columns before it. Only what is known: see the counts."}
--   ads: {type: decimal, unit: currency, description: "Advertising. Only what is known: see the counts."}
--   storage: {type: decimal, unit: currency, description: "Storage: monthly, utilization, aged, overage, AWD, reservation. Only what is known: see the counts."}
--   other_cm2: {type: decimal, unit: currency, description: "Fees of coupons and deals, inbound, removals, reimbursements, clawbacks, tax on fees, and every other line of level CM2. Only what is known: see the counts."}
--   cm2: {type: decimal, unit: currency, cost: true, description: "Contribution margin 2: cm1 and the columns after it. Only what is known: see the counts."}
--   overhead: {type: decimal, unit: currency, description: "Costs of the account that are never spread: subscription, services, EPR, fee adjustments. Only what is known: see the counts."}
--   reporting_currency: {type: text, description: "Currency of columns `*_reporting`; null: the account has none."}
--   product_sales_reporting: {type: decimal, unit: currency, description: "product_sales in the reporting currency, each day at its rate."}
--   other_income_reporting: {type: decimal, unit: currency, description: "other_income in the reporting currency, each day at its rate."}
--   refunds_reporting: {type: decimal, unit: currency, description: "refunds in the reporting currency, each day at its rate."}
--   promotions_reporting: {type: decimal, unit: currency, description: "promotions in the reporting currency, each day at its rate."}
--   selling_fees_reporting: {type: decimal, unit: currency, description: "selling_fees in the reporting currency, each day at its rate."}
--   fulfilment_fees_reporting: {type: decimal, unit: currency, description: "fulfilment_fees in the reporting currency, each day at its rate."}
--   other_cm1_reporting: {type: decimal, unit: currency, description: "other_cm1 in the reporting currency, each day at its rate."}
--   cogs_reporting: {type: decimal, unit: currency, cost: true, description: "cogs in the reporting currency, each day at its rate."}
--   cm1_reporting: {type: decimal, unit: currency, cost: true, description: "cm1 in the reporting currency, each day at its rate."}
--   ads_reporting: {type: decimal, unit: currency, description: "ads in the reporting currency, each day at its rate."}
--   storage_reporting: {type: decimal, unit: currency, description: "storage in the reporting currency, each day at its rate."}
--   other_cm2_reporting: {type: decimal, unit: currency, description: "other_cm2 in the reporting currency, each day at its rate."}
--   cm2_reporting: {type: decimal, unit: currency, cost: true, description: "cm2 in the reporting currency, each day at its rate."}
--   overhead_reporting: {type: decimal, unit: currency, description: "overhead in the reporting currency, each day at its rate."}
-- tests:
--   margins_add_up:
--     description: Where no row lacks anything, the margins are the sum of their columns.
--     sql: "SELECT t.sku FROM {{ this }} AS t WHERE t.unknown_margin = 0 AND t.cm2 <> t.product_sales + t.other_income + t.refunds + t.promotions + t.selling_fees + t.fulfilment_fees + t.other_cm1 + t.cogs + t.ads + t.storage + t.other_cm2"
WITH days AS (
    SELECT s.account_id, s.marketplace_id,
           CASE WHEN EXTRACT(DAY FROM s.day) < 9 THEN c.month_first
                WHEN EXTRACT(DAY FROM s.day) < 17 THEN CAST(c.month_first + INTERVAL '8' DAY AS DATE)
                WHEN EXTRACT(DAY FROM s.day) < 25 THEN CAST(c.month_first + INTERVAL '16' DAY AS DATE)
                ELSE CAST(c.month_first + INTERVAL '24' DAY AS DATE) END AS part_first,
           s.sku, s.currency,
           s.units AS units,
           s.open_units AS open_units,
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
           s.product_sales AS product_sales,
           s.shipping_income + s.gift_wrap_income + s.other_income AS other_income,
           s.refunds AS refunds,
           s.promotions AS promotions,
           s.referral_fees + s.closing_fees + s.digital_services_fees AS selling_fees,
           s.fulfilment_fees AS fulfilment_fees,
           s.return_fees + s.refund_admin_fees + s.chargebacks + s.merchant_shipping + s.other_cm1 AS other_cm1,
           s.cogs + s.cogs_returned AS cogs,
           s.cm1 AS cm1,
           s.ads AS ads,
           s.storage AS storage,
           s.promotion_fees + s.inbound + s.removals + s.reimbursements + s.clawbacks + s.other_cm2 + s.tax_on_fees AS other_cm2,
           s.cm2 AS cm2,
           s.overhead AS overhead,
           s.reporting_currency,
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
)
SELECT d.account_id, d.marketplace_id, d.part_first, d.sku, d.currency,
       SUM(COALESCE(d.units, 0)) AS units,
       SUM(COALESCE(d.open_units, 0)) AS open_units,
       SUM(COALESCE(d.returned_units, 0)) AS returned_units,
       SUM(COALESCE(d.unknown_sales, 0)) AS unknown_sales,
       SUM(COALESCE(d.unknown_selling_fees, 0)) AS unknown_selling_fees,
       SUM(COALESCE(d.unknown_fulfilment_fees, 0)) AS unknown_fulfilment_fees,
       SUM(COALESCE(d.unknown_cogs, 0)) AS unknown_cogs,
       SUM(COALESCE(d.unknown_margin, 0)) AS unknown_margin,
       SUM(COALESCE(d.unknown_rate, 0)) AS unknown_rate,
       SUM(COALESCE(d.estimated, 0)) AS estimated,
       SUM(COALESCE(d.incomplete, 0)) AS incomplete,
       SUM(COALESCE(d.missing_ads, 0)) AS missing_ads,
       SUM(COALESCE(d.missing_cost, 0)) AS missing_cost,
       SUM(COALESCE(d.missing_fees, 0)) AS missing_fees,
       SUM(COALESCE(d.missing_fx_rate, 0)) AS missing_fx_rate,
       SUM(COALESCE(d.missing_price, 0)) AS missing_price,
       SUM(COALESCE(d.missing_storage, 0)) AS missing_storage,
       SUM(COALESCE(d.missing_unmapped, 0)) AS missing_unmapped,
       SUM(COALESCE(d.missing_vat_setting, 0)) AS missing_vat_setting,
       SUM(COALESCE(d.product_sales, 0)) AS product_sales,
       SUM(COALESCE(d.other_income, 0)) AS other_income,
       SUM(COALESCE(d.refunds, 0)) AS refunds,
       SUM(COALESCE(d.promotions, 0)) AS promotions,
       SUM(COALESCE(d.selling_fees, 0)) AS selling_fees,
       SUM(COALESCE(d.fulfilment_fees, 0)) AS fulfilment_fees,
       SUM(COALESCE(d.other_cm1, 0)) AS other_cm1,
       SUM(COALESCE(d.cogs, 0)) AS cogs,
       SUM(COALESCE(d.cm1, 0)) AS cm1,
       SUM(COALESCE(d.ads, 0)) AS ads,
       SUM(COALESCE(d.storage, 0)) AS storage,
       SUM(COALESCE(d.other_cm2, 0)) AS other_cm2,
       SUM(COALESCE(d.cm2, 0)) AS cm2,
       SUM(COALESCE(d.overhead, 0)) AS overhead,
       MAX(d.reporting_currency) AS reporting_currency,
       SUM(COALESCE(d.product_sales_reporting, 0)) AS product_sales_reporting,
       SUM(COALESCE(d.other_income_reporting, 0)) AS other_income_reporting,
       SUM(COALESCE(d.refunds_reporting, 0)) AS refunds_reporting,
       SUM(COALESCE(d.promotions_reporting, 0)) AS promotions_reporting,
       SUM(COALESCE(d.selling_fees_reporting, 0)) AS selling_fees_reporting,
       SUM(COALESCE(d.fulfilment_fees_reporting, 0)) AS fulfilment_fees_reporting,
       SUM(COALESCE(d.other_cm1_reporting, 0)) AS other_cm1_reporting,
       SUM(COALESCE(d.cogs_reporting, 0)) AS cogs_reporting,
       SUM(COALESCE(d.cm1_reporting, 0)) AS cm1_reporting,
       SUM(COALESCE(d.ads_reporting, 0)) AS ads_reporting,
       SUM(COALESCE(d.storage_reporting, 0)) AS storage_reporting,
       SUM(COALESCE(d.other_cm2_reporting, 0)) AS other_cm2_reporting,
       SUM(COALESCE(d.cm2_reporting, 0)) AS cm2_reporting,
       SUM(COALESCE(d.overhead_reporting, 0)) AS overhead_reporting
FROM days AS d
GROUP BY d.account_id, d.marketplace_id, d.part_first, d.sku, d.currency
