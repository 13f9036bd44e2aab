-- description: "Order-based profit per marketplace and day, with what belongs to no SKU."
-- group: money
-- grain: [account_id, marketplace_id, day, currency]
-- inputs:
--   profit_sku_day: {day: day}
--   reference.fx_rate: {day: day, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone; of refunds (unless the account setting refund_day is order) and of fees without an order: the day on which they were posted."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   units: {type: integer, unit: units, description: "Units ordered, cancelled ones left out."}
--   units_without_cost: {type: integer, unit: units, description: "Units whose cost is unknown."}
--   open_units: {type: integer, unit: units, description: "Units of which Amazon has not posted the money yet; their amounts are estimates."}
--   returned_units: {type: integer, unit: units, description: "Units that came back in sellable state, by day of return."}
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
--   cogs: {type: decimal, unit: currency, cost: true, description: "Manufacturing, freight, duty, prep and other cost of the units sold, at the cost that held on the day; null: a cost is unknown."}
--   cogs_returned: {type: decimal, unit: currency, cost: true, description: "Cost of units that came back sellable, added back."}
--   cm1: {type: decimal, unit: currency, cost: true, description: "Contribution margin 1: all columns before it; null without a cost, price or fee."}
--   ads: {type: decimal, unit: currency, description: "Advertising. Where missing says ads, only what was reported."}
--   promotion_fees: {type: decimal, unit: currency, description: "Fees of coupons, deals and Vine."}
--   storage: {type: decimal, unit: currency, description: "Storage: monthly, utilization, aged, overage, AWD, reservation. Where missing says storage, as in the last known month, or what was posted on the day."}
--   inbound: {type: decimal, unit: currency, description: "Inbound: placement, transport, AWD, defects, prep."}
--   removals: {type: decimal, unit: currency, description: "Removals and disposals, less what liquidations brought."}
--   reimbursements: {type: decimal, unit: currency, description: "Reimbursements."}
--   clawbacks: {type: decimal, unit: currency, description: "Reimbursements that Amazon took back."}
--   other_cm2: {type: decimal, unit: currency, description: "Every other line of level CM2."}
--   tax_on_fees: {type: decimal, unit: currency, description: "VAT on fees, if the account cannot recover it; else 0."}
--   cm2: {type: decimal, unit: currency, cost: true, description: "Contribution margin 2: cm1 and the columns after it; null without a cost, price or fee."}
--   cm2_without_cogs: {type: decimal, unit: currency, description: "cm2 without cogs and cogs_returned."}
--   overhead: {type: decimal, unit: currency, description: "Costs of the account that are never spread: subscription, services, EPR, fee adjustments."}
--   profit: {type: decimal, unit: currency, cost: true, description: "cm2 + overhead; null where cm2 is."}
--   tax: {type: decimal, unit: currency, description: "Tax collected and withheld, and tax on fees that you recover. Never profit."}
--   balance: {type: decimal, unit: currency, description: "Reserves, debts, loans and transfers. Never profit."}
--   unmapped: {type: decimal, unit: currency, description: "Amounts that no rule names. They are in no other column."}
--   posted: {type: decimal, unit: currency, description: "The part of all these amounts that Amazon posted, on whichever day, without advertising and monthly and aged storage."}
--   estimated_fees: {type: decimal, unit: currency, description: "Referral and fulfilment fees of the units as expected on the day of the order; null: not known of all SKUs."}
--   actual_fees: {type: decimal, unit: currency, description: "Referral and fulfilment fees that Amazon posted for these units."}
--   fee_difference: {type: decimal, unit: currency, description: "actual_fees less those expected for the posted units; null: not known of all SKUs."}
--   reporting_currency: {type: text, description: "Currency of columns `*_reporting`; null: the account has none."}
--   product_sales_reporting: {type: decimal, unit: currency, description: "product_sales in the reporting currency, at the rate of the day; null without a rate."}
--   cogs_reporting: {type: decimal, unit: currency, cost: true, description: "cogs in the reporting currency, at the rate of the day; null without a rate."}
--   cm1_reporting: {type: decimal, unit: currency, cost: true, description: "cm1 in the reporting currency, at the rate of the day; null without a rate."}
--   ads_reporting: {type: decimal, unit: currency, description: "ads in the reporting currency, at the rate of the day; null without a rate."}
--   cm2_reporting: {type: decimal, unit: currency, cost: true, description: "cm2 in the reporting currency, at the rate of the day; null without a rate."}
--   profit_reporting: {type: decimal, unit: currency, cost: true, description: "profit in the reporting currency, at the rate of the day; null without a rate."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: ads, cost, fees, fx_rate, price, storage, unmapped, vat_setting; empty: nothing."}
WITH sums AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.currency,
           SUM(s.units) AS units,
           COALESCE(SUM(s.units) FILTER (WHERE s.cogs IS NULL), 0) AS units_without_cost,
           SUM(s.open_units) AS open_units,
           SUM(s.returned_units) AS returned_units,
           CASE WHEN COUNT(*) = COUNT(s.product_sales) THEN SUM(s.product_sales) END AS product_sales,
           CASE WHEN COUNT(*) = COUNT(s.shipping_income) THEN SUM(s.shipping_income) END AS shipping_income,
           CASE WHEN COUNT(*) = COUNT(s.gift_wrap_income) THEN SUM(s.gift_wrap_income) END AS gift_wrap_income,
           CASE WHEN COUNT(*) = COUNT(s.other_income) THEN SUM(s.other_income) END AS other_income,
           CASE WHEN COUNT(*) = COUNT(s.refunds) THEN SUM(s.refunds) END AS refunds,
           CASE WHEN COUNT(*) = COUNT(s.promotions) THEN SUM(s.promotions) END AS promotions,
           CASE WHEN COUNT(*) = COUNT(s.referral_fees) THEN SUM(s.referral_fees) END AS referral_fees,
           CASE WHEN COUNT(*) = COUNT(s.closing_fees) THEN SUM(s.closing_fees) END AS closing_fees,
           CASE WHEN COUNT(*) = COUNT(s.digital_services_fees) THEN SUM(s.digital_services_fees) END AS digital_services_fees,
           CASE WHEN COUNT(*) = COUNT(s.fulfilment_fees) THEN SUM(s.fulfilment_fees) END AS fulfilment_fees,
           CASE WHEN COUNT(*) = COUNT(s.return_fees) THEN SUM(s.return_fees) END AS return_fees,
           CASE WHEN COUNT(*) = COUNT(s.refund_admin_fees) THEN SUM(s.refund_admin_fees) END AS refund_admin_fees,
           CASE WHEN COUNT(*) = COUNT(s.chargebacks) THEN SUM(s.chargebacks) END AS chargebacks,
           CASE WHEN COUNT(*) = COUNT(s.merchant_shipping) THEN SUM(s.merchant_shipping) END AS merchant_shipping,
           CASE WHEN COUNT(*) = COUNT(s.other_cm1) THEN SUM(s.other_cm1) END AS other_cm1,
           CASE WHEN COUNT(*) = COUNT(s.cogs) THEN SUM(s.cogs) END AS cogs,
           CASE WHEN COUNT(*) = COUNT(s.cogs_returned) THEN SUM(s.cogs_returned) END AS cogs_returned,
           CASE WHEN COUNT(*) = COUNT(s.cm1) THEN SUM(s.cm1) END AS cm1,
           CASE WHEN COUNT(*) = COUNT(s.ads) THEN SUM(s.ads) END AS ads,
           CASE WHEN COUNT(*) = COUNT(s.promotion_fees) THEN SUM(s.promotion_fees) END AS promotion_fees,
           CASE WHEN COUNT(*) = COUNT(s.storage) THEN SUM(s.storage) END AS storage,
           CASE WHEN COUNT(*) = COUNT(s.inbound) THEN SUM(s.inbound) END AS inbound,
           CASE WHEN COUNT(*) = COUNT(s.removals) THEN SUM(s.removals) END AS removals,
           CASE WHEN COUNT(*) = COUNT(s.reimbursements) THEN SUM(s.reimbursements) END AS reimbursements,
           CASE WHEN COUNT(*) = COUNT(s.clawbacks) THEN SUM(s.clawbacks) END AS clawbacks,
           CASE WHEN COUNT(*) = COUNT(s.other_cm2) THEN SUM(s.other_cm2) END AS other_cm2,
           CASE WHEN COUNT(*) = COUNT(s.tax_on_fees) THEN SUM(s.tax_on_fees) END AS tax_on_fees,
           CASE WHEN COUNT(*) = COUNT(s.cm2) THEN SUM(s.cm2) END AS cm2,
           CASE WHEN COUNT(*) = COUNT(s.cm2_without_cogs) THEN SUM(s.cm2_without_cogs) END AS cm2_without_cogs,
           SUM(s.overhead) AS overhead,
           SUM(s.tax) AS tax,
           SUM(s.balance) AS balance,
           SUM(s.unmapped) AS unmapped,
           SUM(s.posted) AS posted,
           CASE WHEN COUNT(*) = COUNT(s.estimated_fees) THEN SUM(s.estimated_fees) END AS estimated_fees,
           SUM(s.actual_fees) AS actual_fees,
           CASE WHEN COUNT(*) = COUNT(s.fee_difference) THEN SUM(s.fee_difference) END AS fee_difference,
           MAX(s.reporting_currency) AS reporting_currency,
           CASE WHEN COUNT(*) = COUNT(s.product_sales_reporting) THEN SUM(s.product_sales_reporting) END AS product_sales_reporting,
           CASE WHEN COUNT(*) = COUNT(s.cogs_reporting) THEN SUM(s.cogs_reporting) END AS cogs_reporting,
           CASE WHEN COUNT(*) = COUNT(s.cm1_reporting) THEN SUM(s.cm1_reporting) END AS cm1_reporting,
           CASE WHEN COUNT(*) = COUNT(s.ads_reporting) THEN SUM(s.ads_reporting) END AS ads_reporting,
           CASE WHEN COUNT(*) = COUNT(s.cm2_reporting) THEN SUM(s.cm2_reporting) END AS cm2_reporting,
           CASE WHEN COUNT(*) FILTER (WHERE s.status = 'incomplete') > 0 THEN 'incomplete'
                WHEN COUNT(*) FILTER (WHERE s.status = 'estimated') > 0 THEN 'estimated'
                ELSE 'complete' END AS status,
           REPLACE(TRIM(CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%ads%') > 0 THEN 'ads ' ELSE '' END
                    || CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%cost%') > 0 THEN 'cost ' ELSE '' END
                    || CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%fees%') > 0 THEN 'fees ' ELSE '' END
                    || CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%fx_rate%') > 0 THEN 'fx_rate ' ELSE '' END
                    || CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%price%') > 0 THEN 'price ' ELSE '' END
                    || CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%storage%') > 0 THEN 'storage ' ELSE '' END
                    || CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%unmapped%') > 0 THEN 'unmapped ' ELSE '' END
                    || CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%vat_setting%') > 0 THEN 'vat_setting' ELSE '' END), ' ', ', ') AS missing
    FROM {{ ref('profit_sku_day') }} AS s
    GROUP BY s.account_id, s.marketplace_id, s.day, s.currency
)
SELECT s.account_id, s.marketplace_id, s.day, s.currency, s.units, s.units_without_cost, s.open_units, s.returned_units,
       s.product_sales, s.shipping_income, s.gift_wrap_income, s.other_income, s.refunds, s.promotions, s.referral_fees, s.closing_fees, s.digital_services_fees, s.fulfilment_fees, s.return_fees, s.refund_admin_fees, s.chargebacks, s.merchant_shipping, s.other_cm1, s.cogs, s.cogs_returned, s.cm1, s.ads, s.promotion_fees, s.storage, s.inbound, s.removals, s.reimbursements, s.clawbacks, s.other_cm2, s.tax_on_fees, s.cm2, s.cm2_without_cogs,
       s.overhead,
       s.cm2 + s.overhead AS profit,
       s.tax, s.balance, s.unmapped, s.posted, s.estimated_fees, s.actual_fees, s.fee_difference, s.reporting_currency,
       s.product_sales_reporting, s.cogs_reporting, s.cm1_reporting, s.ads_reporting, s.cm2_reporting,
       s.cm2_reporting + ROUND(s.overhead * x.rate, 6) AS profit_reporting,
       s.status, s.missing
FROM sums AS s
LEFT JOIN {{ source('reference.fx_rate') }} AS x
    ON x.day = s.day AND x.from_currency = s.currency AND x.to_currency = s.reporting_currency
