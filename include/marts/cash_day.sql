-- description: "Cash-based profit per marketplace and posting day."
-- group: money
-- grain: [account_id, marketplace_id, day, currency]
-- partition: [account_id, day]
-- inputs:
--   cash_sku_day: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Posting day, in the marketplace's time zone."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   units: {type: integer, unit: units, description: "Units of posted shipments."}
--   units_without_cost: {type: integer, unit: units, description: "Units whose cost is unknown."}
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
--   cogs: {type: decimal, unit: currency, cost: true, description: "Cost of these units, at the cost that held on the day; null: a cost is unknown."}
--   cm1: {type: decimal, unit: currency, cost: true, description: "Contribution margin 1: all columns before it; null without a cost."}
--   ads: {type: decimal, unit: currency, description: "Advertising that Amazon deducted. What you pay by card is in no settlement, and not here."}
--   promotion_fees: {type: decimal, unit: currency, description: "Fees of coupons, deals and Vine."}
--   storage: {type: decimal, unit: currency, description: "Storage: monthly, utilization, aged, overage, AWD, reservation."}
--   inbound: {type: decimal, unit: currency, description: "Inbound: placement, transport, AWD, defects, prep."}
--   removals: {type: decimal, unit: currency, description: "Removals and disposals, less what liquidations brought."}
--   reimbursements: {type: decimal, unit: currency, description: "Reimbursements."}
--   clawbacks: {type: decimal, unit: currency, description: "Reimbursements that Amazon took back."}
--   other_cm2: {type: decimal, unit: currency, description: "Every other line of level CM2."}
--   tax_on_fees: {type: decimal, unit: currency, description: "VAT on fees, if the account cannot recover it; else 0."}
--   cm2: {type: decimal, unit: currency, cost: true, description: "Contribution margin 2: cm1 and the columns after it; null without a cost."}
--   cm2_without_cogs: {type: decimal, unit: currency, description: "cm2 without cogs."}
--   overhead: {type: decimal, unit: currency, description: "Costs of the account that are never spread."}
--   tax: {type: decimal, unit: currency, description: "Tax collected and withheld, and tax on fees that you recover."}
--   balance: {type: decimal, unit: currency, description: "Reserves, debts, loans and transfers. Never profit."}
--   unmapped: {type: decimal, unit: currency, description: "Amounts that no rule names."}
--   total: {type: decimal, unit: currency, description: "cm2_without_cogs + overhead + tax + balance + unmapped: what Amazon settles."}
--   unsettled: {type: decimal, unit: currency, description: "The part of it that is in no settlement yet."}
--   reporting_currency: {type: text, description: "Currency of columns `*_reporting`; null: the account has none."}
--   product_sales_reporting: {type: decimal, unit: currency, description: "product_sales in the reporting currency, at the rate of the day; null without a rate."}
--   cogs_reporting: {type: decimal, unit: currency, cost: true, description: "cogs in the reporting currency, at the rate of the day; null without a rate."}
--   cm1_reporting: {type: decimal, unit: currency, cost: true, description: "cm1 in the reporting currency, at the rate of the day; null without a rate."}
--   ads_reporting: {type: decimal, unit: currency, description: "ads in the reporting currency, at the rate of the day; null without a rate."}
--   cm2_reporting: {type: decimal, unit: currency, cost: true, description: "cm2 in the reporting currency, at the rate of the day; null without a rate."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: ads (you pay for it by card), cost, fx_rate, unmapped, vat_setting; empty: nothing."}
-- tests:
--   parts:
--     description: cm2_without_cogs, overhead, tax, balance and unmapped are the total.
--     sql: "SELECT t.day FROM {{ this }} AS t WHERE t.cm2_without_cogs + t.overhead + t.tax + t.balance + t.unmapped <> t.total"
SELECT s.account_id, s.marketplace_id, s.day, s.currency,
       SUM(s.units) AS units,
       COALESCE(SUM(s.units) FILTER (WHERE s.cogs IS NULL), 0) AS units_without_cost,
       SUM(s.product_sales) AS product_sales,
       SUM(s.shipping_income) AS shipping_income,
       SUM(s.gift_wrap_income) AS gift_wrap_income,
       SUM(s.other_income) AS other_income,
       SUM(s.refunds) AS refunds,
       SUM(s.promotions) AS promotions,
       SUM(s.referral_fees) AS referral_fees,
       SUM(s.closing_fees) AS closing_fees,
       SUM(s.digital_services_fees) AS digital_services_fees,
       SUM(s.fulfilment_fees) AS fulfilment_fees,
       SUM(s.return_fees) AS return_fees,
       SUM(s.refund_admin_fees) AS refund_admin_fees,
       SUM(s.chargebacks) AS chargebacks,
       SUM(s.merchant_shipping) AS merchant_shipping,
       SUM(s.other_cm1) AS other_cm1,
       CASE WHEN COUNT(*) = COUNT(s.cogs) THEN SUM(s.cogs) END AS cogs,
       CASE WHEN COUNT(*) = COUNT(s.cm1) THEN SUM(s.cm1) END AS cm1,
       SUM(s.ads) AS ads,
       SUM(s.promotion_fees) AS promotion_fees,
       SUM(s.storage) AS storage,
       SUM(s.inbound) AS inbound,
       SUM(s.removals) AS removals,
       SUM(s.reimbursements) AS reimbursements,
       SUM(s.clawbacks) AS clawbacks,
       SUM(s.other_cm2) AS other_cm2,
       SUM(s.tax_on_fees) AS tax_on_fees,
       CASE WHEN COUNT(*) = COUNT(s.cm2) THEN SUM(s.cm2) END AS cm2,
       SUM(s.cm2_without_cogs) AS cm2_without_cogs,
       SUM(s.overhead) AS overhead,
       SUM(s.tax) AS tax,
       SUM(s.balance) AS balance,
       SUM(s.unmapped) AS unmapped,
       SUM(s.total) AS total,
       SUM(s.unsettled) AS unsettled,
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
                    || CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%fx_rate%') > 0 THEN 'fx_rate ' ELSE '' END
                    || CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%unmapped%') > 0 THEN 'unmapped ' ELSE '' END
                    || CASE WHEN COUNT(*) FILTER (WHERE s.missing LIKE '%vat_setting%') > 0 THEN 'vat_setting' ELSE '' END), ' ', ', ') AS missing
FROM {{ ref('cash_sku_day') }} AS s
GROUP BY s.account_id, s.marketplace_id, s.day, s.currency
