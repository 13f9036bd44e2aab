-- description: "What Amazon posted for shipped orders, by order, SKU and posting day."
-- group: money
-- grain: [account_id, marketplace_id, day, order_id, sku]
-- partition: [account_id, day]
-- lookup_days: [order_day]
-- inputs:
--   transaction_line: {day: day}
--   posting_order: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: the transaction names none."}
--   day: {type: date, description: "Posting day; of amounts that were held back: the day of their release."}
--   order_id: {type: text, description: "Amazon's id of the order."}
--   sku: {type: text, description: "SKU; empty: amounts of the order that no SKU is named for."}
--   order_marketplace_id: {type: text, description: "Marketplace of the order; null: no order of the 120 days before is known."}
--   order_day: {type: date, description: "Day of the order in its marketplace's time zone; null: not known."}
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
SELECT t.account_id,
       t.marketplace_id,
       t.day,
       t.order_id,
       t.sku,
       o.order_marketplace_id,
       o.order_day,
       COALESCE(SUM(t.quantity) FILTER (WHERE t.pl_line = 'revenue.product'), 0) AS units,
       COALESCE(SUM(t.amount) FILTER (WHERE t.pl_line = 'revenue.product'), 0) AS product_sales,
       COALESCE(SUM(t.amount) FILTER (WHERE t.pl_line = 'revenue.shipping'), 0) AS shipping_income,
       COALESCE(SUM(t.amount) FILTER (WHERE t.pl_line = 'revenue.gift_wrap'), 0) AS gift_wrap_income,
       COALESCE(SUM(t.amount) FILTER (WHERE t.pl_line LIKE 'promo.%'), 0) AS promotions,
       COALESCE(SUM(t.amount) FILTER (WHERE t.pl_line = 'fee.referral'), 0) AS referral_fees,
       COALESCE(SUM(t.amount) FILTER (WHERE t.pl_line = 'fee.closing'), 0) AS closing_fees,
       COALESCE(SUM(t.amount) FILTER (WHERE t.pl_line = 'fee.digital_services'), 0) AS digital_services_fees,
       COALESCE(SUM(t.amount) FILTER (WHERE t.pl_line IN ('fee.fba_fulfilment', 'fee.low_inventory')), 0) AS fulfilment_fees,
       COALESCE(SUM(t.amount) FILTER (WHERE t.pl_line IN ('fee.shipping_chargeback', 'fee.giftwrap_chargeback', 'fee.shipping_holdback')), 0) AS chargebacks,
       COALESCE(SUM(t.amount) FILTER (WHERE t.level = 'CM1'), 0) AS cm1,
       COALESCE(SUM(t.amount) FILTER (WHERE t.level = 'CM2'), 0) AS cm2_only,
       COALESCE(SUM(t.amount) FILTER (WHERE t.level = 'TAX'), 0) AS tax,
       COALESCE(SUM(t.amount) FILTER (WHERE t.level = 'UNMAPPED'), 0) AS unmapped,
       SUM(t.amount) AS net,
       COALESCE(SUM(t.amount) FILTER (WHERE t.is_deferred AND t.pl_line = 'revenue.product'), 0) AS deferred_sales,
       COALESCE(SUM(t.amount) FILTER (WHERE t.is_deferred), 0) AS deferred_net
FROM {{ ref('transaction_line') }} AS t
LEFT JOIN {{ ref('posting_order') }} AS o
    ON o.account_id = t.account_id AND o.marketplace_id = t.marketplace_id AND o.day = t.day AND o.order_id = t.order_id
WHERE t.is_counted AND t.transaction_type = 'Shipment' AND t.order_id <> ''
GROUP BY t.account_id, t.marketplace_id, t.day, t.order_id, t.sku, o.order_marketplace_id, o.order_day
