-- description: >-
--   Profit of each SKU in all marketplaces of its account, in the reporting currency, from January 1 until the day before
--   a month (of a January: in the whole year before it), if the account has figures in that month, or the month is the
--   January after one that has. See profit_product_day.
-- group: money
-- grain: [account_id, month_first, sku, currency]
-- partition: [account_id, month_first]
-- inputs:
--   profit_product_month: {day: month_first, before: 366}
--   reference.calendar: {day: day, before: 366, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   month_first: {type: date, description: "The day after the sum: the first of a month."}
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
WITH months_with_figures AS (
    SELECT m.account_id, m.month_first, c.year
    FROM {{ ref('profit_product_month') }} AS m
    INNER JOIN {{ source('reference.calendar') }} AS c ON c.day = m.month_first
    GROUP BY m.account_id, m.month_first, c.year
),
-- The January after every year: pages of a later day need the whole year, whether that January has figures or not.
januaries AS (
    SELECT m.account_id, c.day AS month_first, m.year AS summed_year
    FROM months_with_figures AS m
    INNER JOIN {{ source('reference.calendar') }} AS c
        ON c.year = m.year + 1 AND c.month = 1 AND c.day = c.month_first
    GROUP BY m.account_id, c.day, m.year
),
months AS (
    SELECT j.account_id, j.month_first, j.summed_year FROM januaries AS j
    UNION ALL
    -- A January without figures in the year before has nothing to add up.
    SELECT m.account_id, m.month_first, m.year AS summed_year
    FROM months_with_figures AS m
    INNER JOIN {{ source('reference.calendar') }} AS c ON c.day = m.month_first AND c.month > 1
)
SELECT m.account_id, m.month_first, s.sku, s.currency,
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
FROM months AS m
INNER JOIN {{ ref('profit_product_month') }} AS s
    ON s.account_id = m.account_id AND s.month_first < m.month_first
INNER JOIN {{ source('reference.calendar') }} AS c ON c.day = s.month_first AND c.year = m.summed_year
GROUP BY m.account_id, m.month_first, s.sku, s.currency
