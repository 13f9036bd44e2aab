-- description: >-
--   Profit of each SKU in a month: the sum of mart profit_sku_day, for pages that show long periods. An amount is the
--   sum of what is known; the counts say how many rows of profit_sku_day lack it.
-- group: money
-- grain: [account_id, marketplace_id, month_first, sku, currency]
-- partition: [account_id, marketplace_id, month_first]
-- inputs:
--   profit_sku_part: {day: part_first, after: 24}
--   reference.calendar: {day: day, after: 24, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   month_first: {type: date, description: "First day of the month."}
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
SELECT p.account_id, p.marketplace_id, c.month_first, p.sku, p.currency,
       SUM(p.units) AS units,
       SUM(p.open_units) AS open_units,
       SUM(p.returned_units) AS returned_units,
       SUM(p.unknown_sales) AS unknown_sales,
       SUM(p.unknown_selling_fees) AS unknown_selling_fees,
       SUM(p.unknown_fulfilment_fees) AS unknown_fulfilment_fees,
       SUM(p.unknown_cogs) AS unknown_cogs,
       SUM(p.unknown_margin) AS unknown_margin,
       SUM(p.unknown_rate) AS unknown_rate,
       SUM(p.estimated) AS estimated,
       SUM(p.incomplete) AS incomplete,
       SUM(p.missing_ads) AS missing_ads,
       SUM(p.missing_cost) AS missing_cost,
       SUM(p.missing_fees) AS missing_fees,
       SUM(p.missing_fx_rate) AS missing_fx_rate,
       SUM(p.missing_price) AS missing_price,
       SUM(p.missing_storage) AS missing_storage,
       SUM(p.missing_unmapped) AS missing_unmapped,
       SUM(p.missing_vat_setting) AS missing_vat_setting,
       SUM(p.product_sales) AS product_sales,
       SUM(p.other_income) AS other_income,
       SUM(p.refunds) AS refunds,
       SUM(p.promotions) AS promotions,
       SUM(p.selling_fees) AS selling_fees,
       SUM(p.fulfilment_fees) AS fulfilment_fees,
       SUM(p.other_cm1) AS other_cm1,
       SUM(p.cogs) AS cogs,
       SUM(p.cm1) AS cm1,
       SUM(p.ads) AS ads,
       SUM(p.storage) AS storage,
       SUM(p.other_cm2) AS other_cm2,
       SUM(p.cm2) AS cm2,
       SUM(p.overhead) AS overhead,
       MAX(p.reporting_currency) AS reporting_currency,
       SUM(p.product_sales_reporting) AS product_sales_reporting,
       SUM(p.other_income_reporting) AS other_income_reporting,
       SUM(p.refunds_reporting) AS refunds_reporting,
       SUM(p.promotions_reporting) AS promotions_reporting,
       SUM(p.selling_fees_reporting) AS selling_fees_reporting,
       SUM(p.fulfilment_fees_reporting) AS fulfilment_fees_reporting,
       SUM(p.other_cm1_reporting) AS other_cm1_reporting,
       SUM(p.cogs_reporting) AS cogs_reporting,
       SUM(p.cm1_reporting) AS cm1_reporting,
       SUM(p.ads_reporting) AS ads_reporting,
       SUM(p.storage_reporting) AS storage_reporting,
       SUM(p.other_cm2_reporting) AS other_cm2_reporting,
       SUM(p.cm2_reporting) AS cm2_reporting,
       SUM(p.overhead_reporting) AS overhead_reporting
FROM {{ ref('profit_sku_part') }} AS p
INNER JOIN {{ source('reference.calendar') }} AS c ON c.day = p.part_first
GROUP BY p.account_id, p.marketplace_id, c.month_first, p.sku, p.currency
