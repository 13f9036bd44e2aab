-- description: "What became of each order line, in amounts of product sales. Input of the bridge and of profit."
-- group: money
-- grain: [account_id, marketplace_id, day, order_id, sku]
-- partition: [account_id, marketplace_id, day]
-- inputs:
--   transaction_line: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone."}
--   order_id: {type: text, description: "Amazon's id of the order."}
--   sku: {type: text, description: "SKU."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   state: {type: text, description: "cancelled, pending, unshipped, shipped (not posted), deferred or paid."}
--   units: {type: integer, unit: units, description: "Units ordered; cancelled ones are not counted."}
--   posted_units: {type: integer, unit: units, description: "Units of shipments that Amazon posted."}
--   ordered: {type: decimal, unit: currency, description: "Price of the units as ordered, tax included where prices include it; null: Amazon gives none yet."}
--   price_estimate: {type: decimal, unit: currency, description: "Price of a pending line by the SKU's last known price; else 0."}
--   tax_included: {type: decimal, unit: currency, description: "Tax inside `ordered`."}
--   posted_sales: {type: decimal, unit: currency, description: "Product sales that Amazon posted, without tax."}
--   deferred_sales: {type: decimal, unit: currency, description: "Those of them that Amazon still holds back."}
--   posted_net: {type: decimal, unit: currency, description: "Everything that Amazon posted for the order line, fees and tax included."}
--   deferred_net: {type: decimal, unit: currency, description: "What of it Amazon still holds back."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: price; empty: nothing."}
SELECT x.account_id,
       x.marketplace_id,
       x.day,
       NULL AS order_id,
       NULL AS sku,
       x.currency,
       NULL AS state,
       NULL AS units,
       NULL AS posted_units,
       NULL AS ordered,
       NULL AS price_estimate,
       NULL AS tax_included,
       NULL AS posted_sales,
       NULL AS deferred_sales,
       NULL AS posted_net,
       NULL AS deferred_net,
       NULL AS status,
       NULL AS missing
FROM {{ ref('transaction_line') }} AS x
WHERE 1 = 0
