-- description: "Order-based profit per marketplace and day, with what belongs to no SKU."
-- group: money
-- grain: [account_id, marketplace_id, day]
-- partition: [account_id, marketplace_id, day]
-- inputs:
--   order_money: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone; of refunds and fees without an order: the day on which they were posted."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   units: {type: integer, unit: units, description: "Units ordered, cancelled ones left out."}
--   estimated_units: {type: integer, unit: units, description: "Units of which Amazon has not posted the money yet; their amounts are estimates."}
--   refunded_units: {type: integer, unit: units, description: "Units that came back, by day of return."}
--   product_sales: {type: decimal, unit: currency, description: "Prices of products without tax, before promotions."}
--   shipping_income: {type: decimal, unit: currency, description: "Shipping that buyers paid, without tax."}
--   gift_wrap_income: {type: decimal, unit: currency, description: "Gift wrap that buyers paid, without tax."}
--   other_income: {type: decimal, unit: currency, description: "Other income of orders."}
--   refunds: {type: decimal, unit: currency, description: "What buyers got back, without tax."}
--   promotions: {type: decimal, unit: currency, description: "Your discounts on products and shipping, and points."}
--   referral_fees: {type: decimal, unit: currency, description: "Amazon's commission."}
--   closing_fees: {type: decimal, unit: currency, description: "Closing fees."}
--   digital_services_fees: {type: decimal, unit: currency, description: "Digital services fees."}
--   fulfilment_fees: {type: decimal, unit: currency, description: "FBA fulfilment, with low-inventory-level fee, fuel surcharge and peak fee."}
--   return_fees: {type: decimal, unit: currency, description: "FBA returns processing."}
--   refund_admin_fees: {type: decimal, unit: currency, description: "What Amazon keeps of the commission of refunds."}
--   chargebacks: {type: decimal, unit: currency, description: "Shipping and gift wrap that Amazon takes back from FBA orders."}
--   merchant_shipping: {type: decimal, unit: currency, description: "Postage that you bought from Amazon."}
--   other_cm1: {type: decimal, unit: currency, description: "Every other line of level CM1."}
--   cogs: {type: decimal, unit: currency, description: "Manufacturing, freight, duty, prep and other cost of the units sold, at the cost that held on the day; null: a cost is unknown."}
--   cogs_returned: {type: decimal, unit: currency, description: "Cost of units that came back sellable, added back."}
--   cm1: {type: decimal, unit: currency, description: "Contribution margin 1: all columns before it; null without a cost."}
--   ads: {type: decimal, unit: currency, description: "Advertising."}
--   promotion_fees: {type: decimal, unit: currency, description: "Fees of coupons, deals and Vine."}
--   storage: {type: decimal, unit: currency, description: "Storage: monthly, utilization, aged, overage, AWD, reservation."}
--   inbound: {type: decimal, unit: currency, description: "Inbound: placement, transport, AWD, defects, prep."}
--   removals: {type: decimal, unit: currency, description: "Removals and disposals, less what liquidations brought."}
--   reimbursements: {type: decimal, unit: currency, description: "Reimbursements."}
--   clawbacks: {type: decimal, unit: currency, description: "Reimbursements that Amazon took back."}
--   other_cm2: {type: decimal, unit: currency, description: "Every other line of level CM2."}
--   tax_on_fees: {type: decimal, unit: currency, description: "VAT on fees, if the account cannot recover it; else 0."}
--   cm2: {type: decimal, unit: currency, description: "Contribution margin 2: cm1 and the columns after it; null without a cost."}
--   cm2_without_cogs: {type: decimal, unit: currency, description: "cm2 without cogs and cogs_returned."}
--   overhead: {type: decimal, unit: currency, description: "Costs of the account that are never spread: subscription, services, EPR, fee adjustments."}
--   profit: {type: decimal, unit: currency, description: "cm2 + overhead; null without a cost."}
--   tax: {type: decimal, unit: currency, description: "Tax collected and withheld; nets to zero where Amazon remits it. Never profit."}
--   balance: {type: decimal, unit: currency, description: "Reserves, debts, loans and transfers. Never profit."}
--   unmapped: {type: decimal, unit: currency, description: "Amounts that no rule names. They are in no other column."}
--   estimated_fees: {type: decimal, unit: currency, description: "Referral and fulfilment fees of the units as estimated before Amazon posted them; null: no estimate."}
--   actual_fees: {type: decimal, unit: currency, description: "Referral and fulfilment fees that Amazon posted for these units."}
--   fee_difference: {type: decimal, unit: currency, description: "actual_fees - estimated_fees of units that are posted; null: no estimate."}
--   reporting_currency: {type: text, description: "Currency of columns `*_reporting`; null: the account has none."}
--   product_sales_reporting: {type: decimal, unit: currency, description: "product_sales in the reporting currency, at the rate of the day; null without a rate."}
--   cogs_reporting: {type: decimal, unit: currency, description: "cogs in the reporting currency, at the rate of the day; null without a rate."}
--   cm1_reporting: {type: decimal, unit: currency, description: "cm1 in the reporting currency, at the rate of the day; null without a rate."}
--   ads_reporting: {type: decimal, unit: currency, description: "ads in the reporting currency, at the rate of the day; null without a rate."}
--   cm2_reporting: {type: decimal, unit: currency, description: "cm2 in the reporting currency, at the rate of the day; null without a rate."}
--   profit_reporting: {type: decimal, unit: currency, description: "profit in the reporting currency, at the rate of the day; null without a rate."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: ads, cost, fees, fx_rate, price, storage, unmapped, vat_setting; empty: nothing."}
SELECT x.account_id,
       x.marketplace_id,
       x.day,
       x.currency,
       NULL AS units,
       NULL AS estimated_units,
       NULL AS refunded_units,
       NULL AS product_sales,
       NULL AS shipping_income,
       NULL AS gift_wrap_income,
       NULL AS other_income,
       NULL AS refunds,
       NULL AS promotions,
       NULL AS referral_fees,
       NULL AS closing_fees,
       NULL AS digital_services_fees,
       NULL AS fulfilment_fees,
       NULL AS return_fees,
       NULL AS refund_admin_fees,
       NULL AS chargebacks,
       NULL AS merchant_shipping,
       NULL AS other_cm1,
       NULL AS cogs,
       NULL AS cogs_returned,
       NULL AS cm1,
       NULL AS ads,
       NULL AS promotion_fees,
       NULL AS storage,
       NULL AS inbound,
       NULL AS removals,
       NULL AS reimbursements,
       NULL AS clawbacks,
       NULL AS other_cm2,
       NULL AS tax_on_fees,
       NULL AS cm2,
       NULL AS cm2_without_cogs,
       NULL AS overhead,
       NULL AS profit,
       NULL AS tax,
       NULL AS balance,
       NULL AS unmapped,
       NULL AS estimated_fees,
       NULL AS actual_fees,
       NULL AS fee_difference,
       NULL AS reporting_currency,
       NULL AS product_sales_reporting,
       NULL AS cogs_reporting,
       NULL AS cm1_reporting,
       NULL AS ads_reporting,
       NULL AS cm2_reporting,
       NULL AS profit_reporting,
       NULL AS status,
       NULL AS missing
FROM {{ ref('order_money') }} AS x
WHERE 1 = 0
