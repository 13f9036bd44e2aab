-- description: "Cash-based profit per SKU and posting day: lines of settlements, and released transactions that are in none yet."
-- group: money
-- grain: [account_id, marketplace_id, day, sku, currency]
-- partition: [account_id, day]
-- inputs:
--   transaction_line: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Posting day."}
--   sku: {type: text, description: "SKU; empty: amounts that no SKU is named for."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   units: {type: integer, unit: units, description: "Units of posted shipments."}
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
--   cogs: {type: decimal, unit: currency, description: "Cost of these units, at the cost that held on the day; null: a cost is unknown."}
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
--   cm2: {type: decimal, unit: currency, description: "Contribution margin 2; null without a cost."}
--   cm2_without_cogs: {type: decimal, unit: currency, description: "cm2 without cogs."}
--   overhead: {type: decimal, unit: currency, description: "Costs of the account that are never spread."}
--   tax: {type: decimal, unit: currency, description: "Tax collected and withheld, and tax on fees that is recovered."}
--   balance: {type: decimal, unit: currency, description: "Reserves, debts, loans and transfers. Never profit."}
--   unmapped: {type: decimal, unit: currency, description: "Amounts that no rule names."}
--   total: {type: decimal, unit: currency, description: "Sum of everything but cogs: what settlements pay."}
--   unsettled: {type: decimal, unit: currency, description: "The part of it that is in no settlement yet."}
--   reporting_currency: {type: text, description: "Currency of columns `*_reporting`; null: the account has none."}
--   product_sales_reporting: {type: decimal, unit: currency, description: "product_sales in the reporting currency, at the rate of the day; null without a rate."}
--   cogs_reporting: {type: decimal, unit: currency, description: "cogs in the reporting currency, at the rate of the day; null without a rate."}
--   cm1_reporting: {type: decimal, unit: currency, description: "cm1 in the reporting currency, at the rate of the day; null without a rate."}
--   ads_reporting: {type: decimal, unit: currency, description: "ads in the reporting currency, at the rate of the day; null without a rate."}
--   cm2_reporting: {type: decimal, unit: currency, description: "cm2 in the reporting currency, at the rate of the day; null without a rate."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: cost, fx_rate, unmapped, vat_setting; empty: nothing."}
SELECT x.account_id,
       x.marketplace_id,
       x.day,
       NULL AS sku,
       x.currency,
       NULL AS units,
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
       NULL AS tax,
       NULL AS balance,
       NULL AS unmapped,
       NULL AS total,
       NULL AS unsettled,
       NULL AS reporting_currency,
       NULL AS product_sales_reporting,
       NULL AS cogs_reporting,
       NULL AS cm1_reporting,
       NULL AS ads_reporting,
       NULL AS cm2_reporting,
       NULL AS status,
       NULL AS missing
FROM {{ ref('transaction_line') }} AS x
WHERE 1 = 0
