-- description: "From ordered to paid: product sales of a day's orders, step by step. ordered + all steps = paid."
-- group: money
-- grain: [account_id, marketplace_id, day]
-- partition: [account_id, marketplace_id, day]
-- inputs:
--   order_money: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   ordered: {type: decimal, unit: currency, description: "Ordered product sales of the sales and traffic report, as Seller Central shows them."}
--   orders_difference: {type: decimal, unit: currency, description: "Step: difference between that report and the orders."}
--   cancelled: {type: decimal, unit: currency, description: "Step: orders that were cancelled, negative."}
--   pending: {type: decimal, unit: currency, description: "Step: orders whose payment is pending, negative."}
--   not_shipped: {type: decimal, unit: currency, description: "Step: orders that are not shipped yet, negative."}
--   tax_included: {type: decimal, unit: currency, description: "Step: tax inside prices, negative."}
--   shipped: {type: decimal, unit: currency, description: "ordered and the steps so far: product sales of shipped orders, without tax."}
--   not_posted: {type: decimal, unit: currency, description: "Step: shipped, but not posted by Amazon yet, negative."}
--   price_difference: {type: decimal, unit: currency, description: "Step: posted at another amount than ordered."}
--   posted: {type: decimal, unit: currency, description: "shipped and the steps after it: product sales that Amazon posted."}
--   deferred: {type: decimal, unit: currency, description: "Step: posted, but held back by Amazon, negative."}
--   paid: {type: decimal, unit: currency, description: "posted and the step after it: product sales that Amazon released."}
--   promotions_and_fees: {type: decimal, unit: currency, description: "Promotions, fees, shipping income and tax of the released orders."}
--   paid_net: {type: decimal, unit: currency, description: "paid + promotions_and_fees: what the released orders brought."}
--   bridge_error: {type: decimal, unit: currency, description: "paid as summed from transactions, less ordered and all steps: 0.00."}
--   orders: {type: integer, unit: orders, description: "Orders of the day that were not cancelled."}
--   units: {type: integer, unit: units, description: "Units of these orders."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: orders, price, sales; empty: nothing."}
SELECT x.account_id,
       x.marketplace_id,
       x.day,
       x.currency,
       NULL AS ordered,
       NULL AS orders_difference,
       NULL AS cancelled,
       NULL AS pending,
       NULL AS not_shipped,
       NULL AS tax_included,
       NULL AS shipped,
       NULL AS not_posted,
       NULL AS price_difference,
       NULL AS posted,
       NULL AS deferred,
       NULL AS paid,
       NULL AS promotions_and_fees,
       NULL AS paid_net,
       NULL AS bridge_error,
       NULL AS orders,
       NULL AS units,
       NULL AS status,
       NULL AS missing
FROM {{ ref('order_money') }} AS x
WHERE 1 = 0
