-- description: >-
--   Profit of each SKU in all marketplaces of its account, in the reporting currency, from the first of the month until
--   the day before a part of it (the 9th, 17th or 25th), if the account has figures in that part. See profit_product_day.
-- group: money
-- grain: [account_id, part_first, sku, currency]
-- partition: [account_id, part_first]
-- inputs:
--   profit_product_day: {day: part_first, before: 24}
--   reference.calendar: {day: day, before: 24, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   part_first: {type: date, description: "The day after the sum: the 9th, 17th or 25th."}
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
WITH last_days AS (
    -- With any figures: then each SKU of a part has the sum of the part.
    SELECT d.account_id, d.part_first, MAX(d.day) AS day
    FROM {{ ref('profit_product_day') }} AS d
    GROUP BY d.account_id, d.part_first
),
sums AS (
    SELECT d.account_id, c.month_first, d.part_first, d.sku, d.currency,
           d.units,
           d.returned_units,
           d.unknown_sales,
           d.unknown_selling_fees,
           d.unknown_fulfilment_fees,
           d.unknown_cogs,
           d.unknown_margin,
           d.unknown_rate,
           d.estimated,
           d.incomplete,
           d.missing_ads,
           d.missing_cost,
           d.missing_fees,
           d.missing_fx_rate,
           d.missing_price,
           d.missing_storage,
           d.missing_unmapped,
           d.missing_vat_setting,
           d.product_sales,
           d.other_income,
           d.refunds,
           d.promotions,
           d.selling_fees,
           d.fulfilment_fees,
           d.other_cm1,
           d.cogs,
           d.cm1,
           d.ads,
           d.storage,
           d.other_cm2,
           d.cm2,
           d.overhead
    FROM last_days AS l
    INNER JOIN {{ ref('profit_product_day') }} AS d
        ON d.account_id = l.account_id AND d.part_first = l.part_first AND d.day = l.day
    INNER JOIN {{ source('reference.calendar') }} AS c ON c.day = d.part_first
),
parts AS (
    SELECT s.account_id, s.month_first, s.part_first FROM sums AS s GROUP BY s.account_id, s.month_first, s.part_first
)
SELECT p.account_id, p.part_first, s.sku, s.currency,
       SUM(s.units) AS units,
       SUM(s.returned_units) AS returned_units,
       SUM(s.unknown_sales) AS unknown_sales,
       SUM(s.unknown_selling_fees) AS unknown_selling_fees,
       SUM(s.unknown_fulfilment_fees) AS unknown_fulfilment_fees,
       SUM(s.unknown_cogs) AS unknown_cogs,
       SUM(s.unknown_margin) AS unknown_margin,
       SUM(s.unknown_rate) AS unknown_rate,
       SUM(s.estimated) AS estimated,
       SUM(s.incomplete) AS incomplete,
       SUM(s.missing_ads) AS missing_ads,
       SUM(s.missing_cost) AS missing_cost,
       SUM(s.missing_fees) AS missing_fees,
       SUM(s.missing_fx_rate) AS missing_fx_rate,
       SUM(s.missing_price) AS missing_price,
       SUM(s.missing_storage) AS missing_storage,
       SUM(s.missing_unmapped) AS missing_unmapped,
       SUM(s.missing_vat_setting) AS missing_vat_setting,
       SUM(s.product_sales) AS product_sales,
       SUM(s.other_income) AS other_income,
       SUM(s.refunds) AS refunds,
       SUM(s.promotions) AS promotions,
       SUM(s.selling_fees) AS selling_fees,
       SUM(s.fulfilment_fees) AS fulfilment_fees,
       SUM(s.other_cm1) AS other_cm1,
       SUM(s.cogs) AS cogs,
       SUM(s.cm1) AS cm1,
       SUM(s.ads) AS ads,
       SUM(s.storage) AS storage,
       SUM(s.other_cm2) AS other_cm2,
       SUM(s.cm2) AS cm2,
       SUM(s.overhead) AS overhead
FROM parts AS p
INNER JOIN sums AS s
    ON s.account_id = p.account_id AND s.month_first = p.month_first AND s.part_first < p.part_first
GROUP BY p.account_id, p.part_first, s.sku, s.currency
