-- description: "What Amazon posted for the shipments of each order, by the day of the order."
-- group: money
-- grain: [account_id, marketplace_id, day, order_id, sku]
-- inputs:
--   posted_order: {day: day, before: 1, after: 120, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the order's marketplace."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone."}
--   order_id: {type: text, description: "Amazon's id of the order."}
--   sku: {type: text, description: "SKU; empty: amounts of the order that no SKU is named for."}
--   units: {type: integer, unit: units, description: "Units of the shipments."}
--   product_sales: {type: decimal, unit: currency, description: "Product sales without tax."}
--   shipping_income: {type: decimal, unit: currency, description: "Shipping that buyers paid, without tax."}
--   gift_wrap_income: {type: decimal, unit: currency, description: "Gift wrap that buyers paid, without tax."}
--   promotions: {type: decimal, unit: currency, description: "Discounts and points."}
--   referral_fees: {type: decimal, unit: currency, description: "Amazon's commission."}
--   closing_fees: {type: decimal, unit: currency, description: "Closing fees."}
--   digital_services_fees: {type: decimal, unit: currency, description: "Digital services fees."}
--   fulfilment_fees: {type: decimal, unit: currency, description: "FBA fulfilment."}
--   chargebacks: {type: decimal, unit: currency, description: "Shipping and gift wrap that Amazon takes back."}
--   cm1: {type: decimal, unit: currency, description: "All amounts of level CM1, those above included."}
--   cm2_only: {type: decimal, unit: currency, description: "All amounts of level CM2."}
--   tax: {type: decimal, unit: currency, description: "Amounts of level TAX."}
--   unmapped: {type: decimal, unit: currency, description: "Amounts that no rule names."}
--   net: {type: decimal, unit: currency, description: "All amounts."}
--   deferred_sales: {type: decimal, unit: currency, description: "Product sales that Amazon still holds back."}
--   deferred_net: {type: decimal, unit: currency, description: "All amounts that Amazon still holds back."}
SELECT p.account_id,
       p.order_marketplace_id AS marketplace_id,
       p.order_day AS day,
       p.order_id,
       p.sku,
       SUM(p.units) AS units,
       SUM(p.product_sales) AS product_sales,
       SUM(p.shipping_income) AS shipping_income,
       SUM(p.gift_wrap_income) AS gift_wrap_income,
       SUM(p.promotions) AS promotions,
       SUM(p.referral_fees) AS referral_fees,
       SUM(p.closing_fees) AS closing_fees,
       SUM(p.digital_services_fees) AS digital_services_fees,
       SUM(p.fulfilment_fees) AS fulfilment_fees,
       SUM(p.chargebacks) AS chargebacks,
       SUM(p.cm1) AS cm1,
       SUM(p.cm2_only) AS cm2_only,
       SUM(p.tax) AS tax,
       SUM(p.unmapped) AS unmapped,
       SUM(p.net) AS net,
       SUM(p.deferred_sales) AS deferred_sales,
       SUM(p.deferred_net) AS deferred_net
FROM {{ ref('posted_order') }} AS p
WHERE p.order_day IS NOT NULL
GROUP BY p.account_id, p.order_marketplace_id, p.order_day, p.order_id, p.sku
