-- description: Profit of each SKU in a month in all marketplaces of its account, in the reporting currency.
-- group: money
-- grain: [account_id, month_first, sku, currency]
-- partition: [account_id, month_first]
-- inputs:
--   profit_sku_month: {day: month_first}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   month_first: {type: date, description: "First day of the month."}
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
SELECT m.account_id, m.month_first, m.sku, COALESCE(m.reporting_currency, '') AS currency,
       SUM(m.units) AS units,
       SUM(m.returned_units) AS returned_units,
       SUM(m.unknown_sales) AS unknown_sales,
       SUM(m.unknown_selling_fees) AS unknown_selling_fees,
       SUM(m.unknown_fulfilment_fees) AS unknown_fulfilment_fees,
       SUM(m.unknown_cogs) AS unknown_cogs,
       SUM(m.unknown_margin) AS unknown_margin,
       SUM(m.unknown_rate) AS unknown_rate,
       SUM(m.estimated) AS estimated,
       SUM(m.incomplete) AS incomplete,
       SUM(m.missing_ads) AS missing_ads,
       SUM(m.missing_cost) AS missing_cost,
       SUM(m.missing_fees) AS missing_fees,
       SUM(m.missing_fx_rate) AS missing_fx_rate,
       SUM(m.missing_price) AS missing_price,
       SUM(m.missing_storage) AS missing_storage,
       SUM(m.missing_unmapped) AS missing_unmapped,
       SUM(m.missing_vat_setting) AS missing_vat_setting,
       SUM(m.product_sales_reporting) AS product_sales,
       SUM(m.other_income_reporting) AS other_income,
       SUM(m.refunds_reporting) AS refunds,
       SUM(m.promotions_reporting) AS promotions,
       SUM(m.selling_fees_reporting) AS selling_fees,
       SUM(m.fulfilment_fees_reporting) AS fulfilment_fees,
       SUM(m.other_cm1_reporting) AS other_cm1,
       SUM(m.cogs_reporting) AS cogs,
       SUM(m.cm1_reporting) AS cm1,
       SUM(m.ads_reporting) AS ads,
       SUM(m.storage_reporting) AS storage,
       SUM(m.other_cm2_reporting) AS other_cm2,
       SUM(m.cm2_reporting) AS cm2,
       SUM(m.overhead_reporting) AS overhead
FROM {{ ref('profit_sku_month') }} AS m
GROUP BY m.account_id, m.month_first, m.sku, COALESCE(m.reporting_currency, '')
