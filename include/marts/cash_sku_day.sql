-- description: "Cash-based profit per SKU and posting day: lines of settlements, and released transactions that are in none yet."
-- group: money
-- grain: [account_id, marketplace_id, day, sku, currency]
-- partition: [account_id, day]
-- inputs:
--   settlement_line: {day: day}
--   transaction_line: {day: day}
--   settlement: {day: day, before: 2, after: 40}
--   reference.cost: {since: valid_from, marketplace: false}
--   reference.fx_rate: {day: day, account: false, marketplace: false}
--   reference.account_setting: {marketplace: false}
--   reference.calendar: {day: day, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Posting day, in the marketplace's time zone."}
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
WITH settled AS (
    SELECT l.account_id, l.marketplace_id, l.day, l.sku, l.currency, l.pl_line, l.level, l.amount,
           CASE WHEN l.pl_line = 'revenue.product' THEN COALESCE(l.quantity, 0) ELSE 0 END AS units,
           FALSE AS is_unsettled
    FROM {{ ref('settlement_line') }} AS l
),
-- The days of each settlement's period, so that a line meets the one or two settlements of its day only.
covers AS (
    SELECT s.account_id, s.currency, c.day, s.starts_at, s.ends_at
    FROM {{ ref('settlement') }} AS s
    INNER JOIN {{ source('reference.calendar') }} AS c
        ON c.day BETWEEN CAST(s.starts_at AS DATE) - INTERVAL '1' DAY AND CAST(s.ends_at AS DATE) + INTERVAL '1' DAY
        AND s.day BETWEEN c.day - INTERVAL '2' DAY AND c.day + INTERVAL '40' DAY
),
-- Released amounts that no settlement covers yet. The payout itself is no line of a settlement.
unsettled AS (
    SELECT t.account_id, t.marketplace_id, t.day, t.sku, t.currency, t.pl_line, t.level, t.amount,
           CASE WHEN t.pl_line = 'revenue.product' AND t.transaction_type = 'Shipment' THEN COALESCE(t.quantity, 0) ELSE 0 END AS units,
           TRUE AS is_unsettled
    FROM {{ ref('transaction_line') }} AS t
    LEFT JOIN covers AS s
        ON s.account_id = t.account_id
        AND s.currency = t.currency
        AND s.day = t.day
        AND s.starts_at <= t.posted_at
        AND s.ends_at > t.posted_at
    WHERE t.is_counted AND NOT t.is_deferred AND t.transaction_type <> 'Transfer' AND s.day IS NULL
),
lines AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency, s.pl_line, s.level, s.amount, s.units, s.is_unsettled FROM settled AS s
    UNION ALL
    SELECT u.account_id, u.marketplace_id, u.day, u.sku, u.currency, u.pl_line, u.level, u.amount, u.units, u.is_unsettled FROM unsettled AS u
),
sums AS (
    SELECT l.account_id, l.marketplace_id, l.day, l.sku, l.currency,
           SUM(l.units) AS units,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'revenue.product'), 0) AS product_sales,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'revenue.shipping'), 0) AS shipping_income,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'revenue.gift_wrap'), 0) AS gift_wrap_income,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'revenue.other'), 0) AS other_income,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'CM1' AND l.pl_line LIKE 'refund.%'), 0) AS refunds,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'CM1' AND l.pl_line LIKE 'promo.%'), 0) AS promotions,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'fee.referral'), 0) AS referral_fees,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'fee.closing'), 0) AS closing_fees,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'fee.digital_services'), 0) AS digital_services_fees,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line IN ('fee.fba_fulfilment', 'fee.low_inventory')), 0) AS fulfilment_fees,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'fee.fba_return'), 0) AS return_fees,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'fee.refund_admin'), 0) AS refund_admin_fees,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line IN ('fee.shipping_chargeback', 'fee.giftwrap_chargeback', 'fee.shipping_holdback')), 0) AS chargebacks,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'cost.merchant_shipping'), 0) AS merchant_shipping,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line IN ('ads.cost', 'ads.refund')), 0) AS ads,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'CM2' AND l.pl_line LIKE 'promo_fee.%'), 0) AS promotion_fees,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'CM2' AND l.pl_line LIKE 'storage.%'), 0) AS storage,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'CM2' AND l.pl_line LIKE 'inbound.%'), 0) AS inbound,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'CM2' AND l.pl_line LIKE 'removal.%'), 0) AS removals,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'reimbursement.income'), 0) AS reimbursements,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'reimbursement.clawback'), 0) AS clawbacks,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'CM1'), 0) AS level_cm1,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'CM2'), 0) AS level_cm2,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'OVERHEAD'), 0) AS overhead,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'TAX' AND l.pl_line <> 'tax.on_fees'), 0) AS level_tax,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'tax.on_fees'), 0) AS fee_tax,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'BALANCE'), 0) AS balance,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'UNMAPPED'), 0) AS unmapped,
           COUNT(*) FILTER (WHERE l.level = 'UNMAPPED') AS unmapped_lines,
           SUM(l.amount) AS total,
           COALESCE(SUM(l.amount) FILTER (WHERE l.is_unsettled), 0) AS unsettled
    FROM lines AS l
    GROUP BY l.account_id, l.marketplace_id, l.day, l.sku, l.currency
),
costs AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency,
           ROUND((c.manufacturing + COALESCE(c.freight, 0) + COALESCE(c.duty, 0) + COALESCE(c.prep, 0) + COALESCE(c.other, 0)) * x.rate, 6) AS unit_cost,
           x.rate IS NULL AS lacks_rate,
           ROW_NUMBER() OVER (
               PARTITION BY s.account_id, s.marketplace_id, s.day, s.sku, s.currency
               ORDER BY LENGTH(c.marketplace_id) DESC, c.valid_from DESC
           ) AS place
    FROM sums AS s
    INNER JOIN {{ source('reference.cost') }} AS c
        ON c.account_id = s.account_id
        AND c.sku = s.sku
        AND (c.marketplace_id = '' OR c.marketplace_id = s.marketplace_id)
        AND c.valid_from <= s.day
        AND c.valid_to >= s.day
    LEFT JOIN {{ source('reference.fx_rate') }} AS x
        ON x.day = s.day AND x.from_currency = c.currency AND x.to_currency = s.currency
    WHERE s.units > 0
),
margins AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency, s.units,
           s.product_sales, s.shipping_income, s.gift_wrap_income, s.other_income, s.refunds, s.promotions, s.referral_fees, s.closing_fees, s.digital_services_fees, s.fulfilment_fees, s.return_fees, s.refund_admin_fees, s.chargebacks, s.merchant_shipping,
           s.level_cm1 - (s.product_sales + s.shipping_income + s.gift_wrap_income + s.other_income + s.refunds + s.promotions + s.referral_fees + s.closing_fees + s.digital_services_fees + s.fulfilment_fees + s.return_fees + s.refund_admin_fees + s.chargebacks + s.merchant_shipping) AS other_cm1,
           CASE WHEN s.units = 0 THEN 0 ELSE -ROUND(c.unit_cost * s.units, 6) END AS cogs,
           s.level_cm1,
           s.ads, s.promotion_fees, s.storage, s.inbound, s.removals, s.reimbursements, s.clawbacks,
           s.level_cm2 - (s.ads + s.promotion_fees + s.storage + s.inbound + s.removals + s.reimbursements + s.clawbacks) AS other_cm2,
           CASE WHEN a.vat_on_fees = 'NON_RECOVERABLE' THEN s.fee_tax ELSE 0 END AS tax_on_fees,
           s.level_cm1 + s.level_cm2 + CASE WHEN a.vat_on_fees = 'NON_RECOVERABLE' THEN s.fee_tax ELSE 0 END AS cm2_without_cogs,
           s.overhead,
           s.level_tax + CASE WHEN a.vat_on_fees = 'NON_RECOVERABLE' THEN 0 ELSE s.fee_tax END AS tax,
           s.balance, s.unmapped, s.total, s.unsettled,
           a.reporting_currency,
           x.rate,
           COALESCE(a.ads_paid_by, '') = 'card' AS lacks_ads,
           s.units > 0 AND c.sku IS NULL AS lacks_cost,
           COALESCE(c.lacks_rate, FALSE) OR (a.reporting_currency IS NOT NULL AND x.rate IS NULL) AS lacks_rate,
           s.unmapped_lines > 0 AS is_unmapped,
           s.fee_tax <> 0 AND COALESCE(a.vat_on_fees, 'UNKNOWN') = 'UNKNOWN' AS lacks_vat_setting
    FROM sums AS s
    LEFT JOIN costs AS c
        ON c.account_id = s.account_id AND c.marketplace_id = s.marketplace_id AND c.day = s.day AND c.sku = s.sku
        AND c.currency = s.currency AND c.place = 1
    LEFT JOIN {{ source('reference.account_setting') }} AS a ON a.account_id = s.account_id
    LEFT JOIN {{ source('reference.fx_rate') }} AS x
        ON x.day = s.day AND x.from_currency = s.currency AND x.to_currency = a.reporting_currency
)
SELECT m.account_id, m.marketplace_id, m.day, m.sku, m.currency, m.units,
       m.product_sales, m.shipping_income, m.gift_wrap_income, m.other_income, m.refunds, m.promotions, m.referral_fees, m.closing_fees, m.digital_services_fees, m.fulfilment_fees, m.return_fees, m.refund_admin_fees, m.chargebacks, m.merchant_shipping,
       m.other_cm1,
       m.cogs,
       m.level_cm1 + m.cogs AS cm1,
       m.ads, m.promotion_fees, m.storage, m.inbound, m.removals, m.reimbursements, m.clawbacks,
       m.other_cm2,
       m.tax_on_fees,
       m.cm2_without_cogs + m.cogs AS cm2,
       m.cm2_without_cogs,
       m.overhead, m.tax, m.balance, m.unmapped, m.total, m.unsettled,
       m.reporting_currency,
       ROUND(m.product_sales * m.rate, 6) AS product_sales_reporting,
       ROUND(m.cogs * m.rate, 6) AS cogs_reporting,
       ROUND((m.level_cm1 + m.cogs) * m.rate, 6) AS cm1_reporting,
       ROUND(m.ads * m.rate, 6) AS ads_reporting,
       ROUND((m.cm2_without_cogs + m.cogs) * m.rate, 6) AS cm2_reporting,
       CASE WHEN m.lacks_ads OR m.lacks_cost OR m.lacks_rate OR m.is_unmapped OR m.lacks_vat_setting THEN 'incomplete'
            WHEN m.unsettled <> 0 THEN 'estimated'
            ELSE 'complete' END AS status,
       REPLACE(TRIM(CASE WHEN m.lacks_ads THEN 'ads ' ELSE '' END
                    || CASE WHEN m.lacks_cost THEN 'cost ' ELSE '' END
                    || CASE WHEN m.lacks_rate THEN 'fx_rate ' ELSE '' END
                    || CASE WHEN m.is_unmapped THEN 'unmapped ' ELSE '' END
                    || CASE WHEN m.lacks_vat_setting THEN 'vat_setting' ELSE '' END), ' ', ', ') AS missing
FROM margins AS m
