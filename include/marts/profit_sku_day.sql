-- description: "Order-based profit per SKU and day: amounts as posted, estimates until then."
-- group: money
-- grain: [account_id, marketplace_id, day, sku, currency]
-- inputs:
--   order_money: {day: day}
--   transaction_line: {day: day}
--   posted_order: {day: day}
--   posted_refund: {day: day}
--   order_refund: {day: day}
--   returned_sku_day: {day: day}
--   ads_day: {day: day}
--   ads_reported_day: {day: day, before: 14}
--   fees_day: {day: day}
--   storage_sku_month: {day: day, before: 153, marketplace: false}
--   reference.cost: {since: valid_from, marketplace: false}
--   reference.fx_rate: {day: day, account: false, marketplace: false}
--   reference.calendar: {day: day, account: false, marketplace: false}
--   reference.account_setting: {marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone; of refunds (unless the account setting refund_day is order) and of fees without an order: the day on which they were posted."}
--   sku: {type: text, description: "SKU; empty: amounts that no SKU is named for."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   units: {type: integer, unit: units, description: "Units ordered, cancelled ones left out."}
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
--   tax: {type: decimal, unit: currency, description: "Tax collected and withheld, and tax on fees that you recover. Never profit."}
--   balance: {type: decimal, unit: currency, description: "Reserves, debts, loans and transfers. Never profit."}
--   unmapped: {type: decimal, unit: currency, description: "Amounts that no rule names. They are in no other column."}
--   posted: {type: decimal, unit: currency, description: "The part of all these amounts that Amazon posted, on whichever day, without advertising and monthly and aged storage."}
--   estimated_fees: {type: decimal, unit: currency, description: "Referral and fulfilment fees of the units as expected on the day of the order; null: not known."}
--   actual_fees: {type: decimal, unit: currency, description: "Referral and fulfilment fees that Amazon posted for these units."}
--   fee_difference: {type: decimal, unit: currency, description: "actual_fees less those expected for the posted units; null: not known."}
--   reporting_currency: {type: text, description: "Currency of columns `*_reporting`; null: the account has none."}
--   product_sales_reporting: {type: decimal, unit: currency, description: "product_sales in the reporting currency, at the rate of the day; null without a rate."}
--   cogs_reporting: {type: decimal, unit: currency, cost: true, description: "cogs in the reporting currency, at the rate of the day; null without a rate."}
--   cm1_reporting: {type: decimal, unit: currency, cost: true, description: "cm1 in the reporting currency, at the rate of the day; null without a rate."}
--   ads_reporting: {type: decimal, unit: currency, description: "ads in the reporting currency, at the rate of the day; null without a rate."}
--   cm2_reporting: {type: decimal, unit: currency, cost: true, description: "cm2 in the reporting currency, at the rate of the day; null without a rate."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: ads, cost, fees, fx_rate, price, storage, unmapped, vat_setting; empty: nothing."}
-- tests:
--   margins_add_up:
--     description: The margins are the sum of their columns.
--     sql: "SELECT t.day, t.sku FROM {{ this }} AS t WHERE t.cm2 <> t.cm1 + t.ads + t.promotion_fees + t.storage + t.inbound + t.removals + t.reimbursements + t.clawbacks + t.other_cm2 + t.tax_on_fees"
WITH by_posting AS (
    -- What belongs to the day on which it was posted: all but the shipments of known orders, which are in order_money,
    -- and with `refund_day: order` their refunds.
    SELECT t.account_id, t.marketplace_id, t.day, t.sku, t.currency, t.pl_line, t.level, t.amount
    FROM {{ ref('transaction_line') }} AS t
    LEFT JOIN {{ source('reference.account_setting') }} AS g ON g.account_id = t.account_id
    LEFT JOIN {{ ref('posted_order') }} AS o
        ON t.transaction_type = 'Shipment'
        AND o.account_id = t.account_id
        AND o.marketplace_id = t.marketplace_id
        AND o.day = t.day
        AND o.order_id = t.order_id
        AND o.sku = t.sku
    LEFT JOIN {{ ref('posted_refund') }} AS r
        ON t.transaction_type = 'Refund' AND g.refund_day = 'order'
        AND r.account_id = t.account_id
        AND r.marketplace_id = t.marketplace_id
        AND r.day = t.day
        AND r.order_id = t.order_id
        AND r.sku = t.sku
        AND r.pl_line = t.pl_line
        AND r.level = t.level
        AND r.currency = t.currency
    WHERE t.is_counted AND o.order_day IS NULL AND r.order_day IS NULL
    UNION ALL
    SELECT r.account_id, r.marketplace_id, r.day, r.sku, r.currency, r.pl_line, r.level, r.amount
    FROM {{ ref('order_refund') }} AS r
    INNER JOIN {{ source('reference.account_setting') }} AS g ON g.account_id = r.account_id AND g.refund_day = 'order'
),
-- A month without monthly fees in the report is estimated by one of the three months before it. Amazon posts a month's
-- fees in the next month, aged ones in the same: they count as posted if their month has neither report nor estimate.
storage_days AS (
    SELECT k.account_id, c.day, c.month_first,
           MAX(CASE WHEN k.has_monthly = 1 AND k.month_first >= c.month_first - INTERVAL '92' DAY THEN k.month_first END) AS known_month,
           MAX(CASE WHEN k.has_monthly = 1 AND k.month_first < c.month_first THEN 1 ELSE 0 END) AS spreads_monthly,
           MAX(CASE WHEN k.has_aged = 1 AND k.month_first = c.month_first THEN 1 ELSE 0 END) AS spreads_aged
    FROM (
        SELECT m.account_id, m.day AS month_first,
               MAX(CASE WHEN m.monthly IS NOT NULL THEN 1 ELSE 0 END) AS has_monthly,
               MAX(CASE WHEN m.aged IS NOT NULL THEN 1 ELSE 0 END) AS has_aged
        FROM {{ ref('storage_sku_month') }} AS m
        GROUP BY m.account_id, m.day
    ) AS k
    INNER JOIN {{ source('reference.calendar') }} AS c
        ON c.month_first BETWEEN k.month_first AND k.month_first + INTERVAL '123' DAY
    GROUP BY k.account_id, c.day, c.month_first
),
-- Estimates need a sign that the day has come; a reported month is spread over all its days.
active_days AS (
    SELECT a.account_id, a.marketplace_id, a.day
    FROM (
        SELECT o.account_id, o.marketplace_id, o.day FROM {{ ref('order_money') }} AS o
        UNION ALL
        SELECT t.account_id, t.marketplace_id, t.day FROM {{ ref('transaction_line') }} AS t
        UNION ALL
        SELECT s.account_id, s.marketplace_id, s.day FROM {{ ref('ads_day') }} AS s
    ) AS a
    GROUP BY a.account_id, a.marketplace_id, a.day
),
-- The last day takes what rounding leaves, so that the days add up to the month.
stored AS (
    SELECT m.account_id, m.marketplace_id, d.day, m.sku, m.currency,
           CASE WHEN d.known_month = d.month_first AND EXTRACT(DAY FROM d.day) = m.days
                THEN m.monthly - ROUND(m.monthly / NULLIF(m.days, 0), 6) * (m.days - 1)
                ELSE ROUND(m.monthly / NULLIF(m.days, 0), 6) END AS storage,
           CASE WHEN d.known_month < d.month_first THEN 1 ELSE 0 END AS estimated_storage
    FROM storage_days AS d
    INNER JOIN {{ ref('storage_sku_month') }} AS m ON m.account_id = d.account_id AND m.day = d.known_month
    LEFT JOIN active_days AS a
        ON a.account_id = m.account_id AND a.marketplace_id = m.marketplace_id AND a.day = d.day
    WHERE m.monthly IS NOT NULL AND (d.known_month = d.month_first OR a.day IS NOT NULL)
    UNION ALL
    SELECT m.account_id, m.marketplace_id, d.day, m.sku, m.currency,
           CASE WHEN EXTRACT(DAY FROM d.day) = m.days
                THEN m.aged - ROUND(m.aged / NULLIF(m.days, 0), 6) * (m.days - 1)
                ELSE ROUND(m.aged / NULLIF(m.days, 0), 6) END AS storage,
           0 AS estimated_storage
    FROM storage_days AS d
    INNER JOIN {{ ref('storage_sku_month') }} AS m ON m.account_id = d.account_id AND m.day = d.month_first
    WHERE m.aged IS NOT NULL
),
-- Days whose storage nobody knows although Amazon fulfils orders.
unknown_storage AS (
    SELECT f.account_id, f.marketplace_id, f.day
    FROM {{ ref('fees_day') }} AS f
    LEFT JOIN storage_days AS d ON d.account_id = f.account_id AND d.day = f.day
    WHERE f.fee_type = 'fee.fba_fulfilment' AND f.units_expected > 0 AND d.known_month IS NULL
    GROUP BY f.account_id, f.marketplace_id, f.day
),
-- A marketplace that advertised in the two weeks before, and of which nothing is reported for the day.
awaited_ads AS (
    SELECT a.account_id, a.marketplace_id, c.day
    FROM {{ ref('ads_reported_day') }} AS a
    INNER JOIN {{ source('reference.calendar') }} AS c ON c.day BETWEEN a.day AND a.day + INTERVAL '14' DAY
    GROUP BY a.account_id, a.marketplace_id, c.day
    HAVING MAX(a.day) < c.day
),
parts AS (
    SELECT o.account_id, o.marketplace_id, o.day, o.sku, o.currency,
           1 AS is_row, o.units AS units, o.open_units AS open_units, 0 AS returned_units,
           CASE WHEN o.open_sales IS NULL THEN 1 ELSE 0 END AS unpriced_lines,
           o.product_sales + COALESCE(o.open_sales, 0) AS product_sales,
           o.shipping_income + o.open_shipping AS shipping_income, o.gift_wrap_income AS gift_wrap_income,
           0 AS other_income, 0 AS refunds, o.promotions + o.open_promotions AS promotions,
           o.referral_fees AS referral_fees, o.closing_fees AS closing_fees,
           o.digital_services_fees AS digital_services_fees, o.fulfilment_fees AS fulfilment_fees,
           0 AS return_fees, 0 AS refund_admin_fees, o.chargebacks AS chargebacks, 0 AS merchant_shipping,
           o.cm1 - (o.product_sales + o.shipping_income + o.gift_wrap_income + o.promotions + o.referral_fees + o.closing_fees + o.digital_services_fees + o.fulfilment_fees + o.chargebacks) AS other_cm1,
           o.referral_fees + o.fulfilment_fees AS actual_fees, 0 AS ads, 0 AS promotion_fees, 0 AS storage,
           0 AS inbound, 0 AS removals, 0 AS reimbursements, 0 AS clawbacks, o.cm2_only AS other_cm2,
           0 AS overhead, o.tax AS level_tax, 0 AS fee_tax, 0 AS balance, o.unmapped AS unmapped,
           CASE WHEN o.unmapped <> 0 THEN 1 ELSE 0 END AS unmapped_lines, o.posted_net AS posted,
           CASE WHEN o.deferred_net <> 0 THEN 1 ELSE 0 END AS is_deferred, 0 AS incomplete_ads,
           0 AS estimated_storage, 0 AS referral_rate, 0 AS referral_rates, 0 AS fulfilment_rate,
           0 AS unknown_fulfilment
    FROM {{ ref('order_money') }} AS o
    UNION ALL
    SELECT l.account_id, l.marketplace_id, l.day, l.sku, l.currency,
           1 AS is_row, 0 AS units, 0 AS open_units, 0 AS returned_units, 0 AS unpriced_lines,
           CASE WHEN l.pl_line = 'revenue.product' THEN l.amount ELSE 0 END AS product_sales,
           CASE WHEN l.pl_line = 'revenue.shipping' THEN l.amount ELSE 0 END AS shipping_income,
           CASE WHEN l.pl_line = 'revenue.gift_wrap' THEN l.amount ELSE 0 END AS gift_wrap_income,
           CASE WHEN l.pl_line = 'revenue.other' THEN l.amount ELSE 0 END AS other_income,
           CASE WHEN l.level = 'CM1' AND l.pl_line LIKE 'refund.%' THEN l.amount ELSE 0 END AS refunds,
           CASE WHEN l.level = 'CM1' AND l.pl_line LIKE 'promo.%' THEN l.amount ELSE 0 END AS promotions,
           CASE WHEN l.pl_line = 'fee.referral' THEN l.amount ELSE 0 END AS referral_fees,
           CASE WHEN l.pl_line = 'fee.closing' THEN l.amount ELSE 0 END AS closing_fees,
           CASE WHEN l.pl_line = 'fee.digital_services' THEN l.amount ELSE 0 END AS digital_services_fees,
           CASE WHEN l.pl_line IN ('fee.fba_fulfilment', 'fee.low_inventory') THEN l.amount ELSE 0 END AS fulfilment_fees,
           CASE WHEN l.pl_line = 'fee.fba_return' THEN l.amount ELSE 0 END AS return_fees,
           CASE WHEN l.pl_line = 'fee.refund_admin' THEN l.amount ELSE 0 END AS refund_admin_fees,
           CASE WHEN l.pl_line IN ('fee.shipping_chargeback', 'fee.giftwrap_chargeback', 'fee.shipping_holdback') THEN l.amount ELSE 0 END AS chargebacks,
           CASE WHEN l.pl_line = 'cost.merchant_shipping' THEN l.amount ELSE 0 END AS merchant_shipping,
           CASE WHEN l.level = 'CM1' AND NOT ((l.pl_line = 'revenue.product') OR (l.pl_line = 'revenue.shipping') OR (l.pl_line = 'revenue.gift_wrap') OR (l.pl_line = 'revenue.other') OR (l.level = 'CM1' AND l.pl_line LIKE 'refund.%') OR (l.level = 'CM1' AND l.pl_line LIKE 'promo.%') OR (l.pl_line = 'fee.referral') OR (l.pl_line = 'fee.closing') OR (l.pl_line = 'fee.digital_services') OR (l.pl_line IN ('fee.fba_fulfilment', 'fee.low_inventory')) OR (l.pl_line = 'fee.fba_return') OR (l.pl_line = 'fee.refund_admin') OR (l.pl_line IN ('fee.shipping_chargeback', 'fee.giftwrap_chargeback', 'fee.shipping_holdback')) OR (l.pl_line = 'cost.merchant_shipping')) THEN l.amount ELSE 0 END AS other_cm1,
           0 AS actual_fees, 0 AS ads,
           CASE WHEN l.level = 'CM2' AND l.pl_line LIKE 'promo_fee.%' THEN l.amount ELSE 0 END AS promotion_fees,
           CASE WHEN l.level = 'CM2' AND l.pl_line LIKE 'storage.%' AND NOT (l.pl_line = 'storage.monthly' AND COALESCE(d.spreads_monthly, 0) = 1) AND NOT (l.pl_line = 'storage.aged' AND COALESCE(d.spreads_aged, 0) = 1) THEN l.amount ELSE 0 END AS storage,
           CASE WHEN l.level = 'CM2' AND l.pl_line LIKE 'inbound.%' THEN l.amount ELSE 0 END AS inbound,
           CASE WHEN l.level = 'CM2' AND l.pl_line LIKE 'removal.%' THEN l.amount ELSE 0 END AS removals,
           CASE WHEN l.pl_line = 'reimbursement.income' THEN l.amount ELSE 0 END AS reimbursements,
           CASE WHEN l.pl_line = 'reimbursement.clawback' THEN l.amount ELSE 0 END AS clawbacks,
           CASE WHEN l.level = 'CM2' AND NOT ((l.pl_line IN ('ads.cost', 'ads.refund')) OR (l.level = 'CM2' AND l.pl_line LIKE 'promo_fee.%') OR (l.level = 'CM2' AND l.pl_line LIKE 'storage.%') OR (l.level = 'CM2' AND l.pl_line LIKE 'inbound.%') OR (l.level = 'CM2' AND l.pl_line LIKE 'removal.%') OR (l.pl_line = 'reimbursement.income') OR (l.pl_line = 'reimbursement.clawback')) THEN l.amount ELSE 0 END AS other_cm2,
           CASE WHEN l.level = 'OVERHEAD' THEN l.amount ELSE 0 END AS overhead,
           CASE WHEN l.level = 'TAX' AND l.pl_line <> 'tax.on_fees' THEN l.amount ELSE 0 END AS level_tax,
           CASE WHEN l.pl_line = 'tax.on_fees' THEN l.amount ELSE 0 END AS fee_tax,
           CASE WHEN l.level = 'BALANCE' THEN l.amount ELSE 0 END AS balance,
           CASE WHEN l.level = 'UNMAPPED' THEN l.amount ELSE 0 END AS unmapped,
           CASE WHEN l.level = 'UNMAPPED' THEN 1 ELSE 0 END AS unmapped_lines,
           CASE WHEN l.pl_line IN ('ads.cost', 'ads.refund', 'storage.monthly', 'storage.aged') THEN 0 ELSE l.amount END AS posted,
           0 AS is_deferred, 0 AS incomplete_ads,
           CASE WHEN l.pl_line = 'storage.monthly' AND COALESCE(d.spreads_monthly, 0) = 0 THEN 1 ELSE 0 END AS estimated_storage,
           0 AS referral_rate, 0 AS referral_rates, 0 AS fulfilment_rate, 0 AS unknown_fulfilment
    FROM by_posting AS l
    LEFT JOIN storage_days AS d ON d.account_id = l.account_id AND d.day = l.day
    UNION ALL
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency,
           1 AS is_row, 0 AS units, 0 AS open_units, 0 AS returned_units, 0 AS unpriced_lines,
           0 AS product_sales, 0 AS shipping_income, 0 AS gift_wrap_income, 0 AS other_income, 0 AS refunds,
           0 AS promotions, 0 AS referral_fees, 0 AS closing_fees, 0 AS digital_services_fees,
           0 AS fulfilment_fees, 0 AS return_fees, 0 AS refund_admin_fees, 0 AS chargebacks,
           0 AS merchant_shipping, 0 AS other_cm1, 0 AS actual_fees, -s.spend AS ads, 0 AS promotion_fees,
           0 AS storage, 0 AS inbound, 0 AS removals, 0 AS reimbursements, 0 AS clawbacks, 0 AS other_cm2,
           0 AS overhead, 0 AS level_tax, 0 AS fee_tax, 0 AS balance, 0 AS unmapped, 0 AS unmapped_lines,
           0 AS posted, 0 AS is_deferred,
           CASE WHEN s.missing LIKE '%campaign_report%' THEN 1 ELSE 0 END AS incomplete_ads,
           0 AS estimated_storage, 0 AS referral_rate, 0 AS referral_rates, 0 AS fulfilment_rate,
           0 AS unknown_fulfilment
    FROM {{ ref('ads_day') }} AS s
    UNION ALL
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency,
           1 AS is_row, 0 AS units, 0 AS open_units, 0 AS returned_units, 0 AS unpriced_lines,
           0 AS product_sales, 0 AS shipping_income, 0 AS gift_wrap_income, 0 AS other_income, 0 AS refunds,
           0 AS promotions, 0 AS referral_fees, 0 AS closing_fees, 0 AS digital_services_fees,
           0 AS fulfilment_fees, 0 AS return_fees, 0 AS refund_admin_fees, 0 AS chargebacks,
           0 AS merchant_shipping, 0 AS other_cm1, 0 AS actual_fees, 0 AS ads, 0 AS promotion_fees,
           s.storage AS storage, 0 AS inbound, 0 AS removals, 0 AS reimbursements, 0 AS clawbacks,
           0 AS other_cm2, 0 AS overhead, 0 AS level_tax, 0 AS fee_tax, 0 AS balance, 0 AS unmapped,
           0 AS unmapped_lines, 0 AS posted, 0 AS is_deferred, 0 AS incomplete_ads,
           s.estimated_storage AS estimated_storage, 0 AS referral_rate, 0 AS referral_rates,
           0 AS fulfilment_rate, 0 AS unknown_fulfilment
    FROM stored AS s
    UNION ALL
    SELECT r.account_id, r.marketplace_id, r.day, r.sku, r.currency,
           1 AS is_row, 0 AS units, 0 AS open_units, r.units AS returned_units, 0 AS unpriced_lines,
           0 AS product_sales, 0 AS shipping_income, 0 AS gift_wrap_income, 0 AS other_income, 0 AS refunds,
           0 AS promotions, 0 AS referral_fees, 0 AS closing_fees, 0 AS digital_services_fees,
           0 AS fulfilment_fees, 0 AS return_fees, 0 AS refund_admin_fees, 0 AS chargebacks,
           0 AS merchant_shipping, 0 AS other_cm1, 0 AS actual_fees, 0 AS ads, 0 AS promotion_fees, 0 AS storage,
           0 AS inbound, 0 AS removals, 0 AS reimbursements, 0 AS clawbacks, 0 AS other_cm2, 0 AS overhead,
           0 AS level_tax, 0 AS fee_tax, 0 AS balance, 0 AS unmapped, 0 AS unmapped_lines, 0 AS posted,
           0 AS is_deferred, 0 AS incomplete_ads, 0 AS estimated_storage, 0 AS referral_rate,
           0 AS referral_rates, 0 AS fulfilment_rate, 0 AS unknown_fulfilment
    FROM {{ ref('returned_sku_day') }} AS r
    UNION ALL
    SELECT f.account_id, f.marketplace_id, f.day, f.sku, f.currency,
           0 AS is_row, 0 AS units, 0 AS open_units, 0 AS returned_units, 0 AS unpriced_lines,
           0 AS product_sales, 0 AS shipping_income, 0 AS gift_wrap_income, 0 AS other_income, 0 AS refunds,
           0 AS promotions, 0 AS referral_fees, 0 AS closing_fees, 0 AS digital_services_fees,
           0 AS fulfilment_fees, 0 AS return_fees, 0 AS refund_admin_fees, 0 AS chargebacks,
           0 AS merchant_shipping, 0 AS other_cm1, 0 AS actual_fees, 0 AS ads, 0 AS promotion_fees, 0 AS storage,
           0 AS inbound, 0 AS removals, 0 AS reimbursements, 0 AS clawbacks, 0 AS other_cm2, 0 AS overhead,
           0 AS level_tax, 0 AS fee_tax, 0 AS balance, 0 AS unmapped, 0 AS unmapped_lines, 0 AS posted,
           0 AS is_deferred, 0 AS incomplete_ads, 0 AS estimated_storage,
           CASE WHEN f.fee_type = 'fee.referral' THEN COALESCE(f.rate_expected, 0) ELSE 0 END AS referral_rate,
           CASE WHEN f.fee_type = 'fee.referral' AND f.rate_expected IS NOT NULL THEN 1 ELSE 0 END AS referral_rates,
           CASE WHEN f.fee_type = 'fee.fba_fulfilment' THEN COALESCE(f.rate_expected, 0) ELSE 0 END AS fulfilment_rate,
           CASE WHEN f.fee_type = 'fee.fba_fulfilment' AND f.units_expected > 0 AND f.rate_expected IS NULL THEN 1 ELSE 0 END AS unknown_fulfilment
    FROM {{ ref('fees_day') }} AS f
    WHERE f.fee_type IN ('fee.referral', 'fee.fba_fulfilment')
),
sums AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.sku, p.currency,
           SUM(p.is_row) AS is_row, SUM(p.units) AS units, SUM(p.open_units) AS open_units,
           SUM(p.returned_units) AS returned_units, SUM(p.unpriced_lines) AS unpriced_lines,
           SUM(p.product_sales) AS product_sales, SUM(p.shipping_income) AS shipping_income,
           SUM(p.gift_wrap_income) AS gift_wrap_income, SUM(p.other_income) AS other_income,
           SUM(p.refunds) AS refunds, SUM(p.promotions) AS promotions, SUM(p.referral_fees) AS referral_fees,
           SUM(p.closing_fees) AS closing_fees, SUM(p.digital_services_fees) AS digital_services_fees,
           SUM(p.fulfilment_fees) AS fulfilment_fees, SUM(p.return_fees) AS return_fees,
           SUM(p.refund_admin_fees) AS refund_admin_fees, SUM(p.chargebacks) AS chargebacks,
           SUM(p.merchant_shipping) AS merchant_shipping, SUM(p.other_cm1) AS other_cm1,
           SUM(p.actual_fees) AS actual_fees, SUM(p.ads) AS ads, SUM(p.promotion_fees) AS promotion_fees,
           SUM(p.storage) AS storage, SUM(p.inbound) AS inbound, SUM(p.removals) AS removals,
           SUM(p.reimbursements) AS reimbursements, SUM(p.clawbacks) AS clawbacks, SUM(p.other_cm2) AS other_cm2,
           SUM(p.overhead) AS overhead, SUM(p.level_tax) AS level_tax, SUM(p.fee_tax) AS fee_tax,
           SUM(p.balance) AS balance, SUM(p.unmapped) AS unmapped, SUM(p.unmapped_lines) AS unmapped_lines,
           SUM(p.posted) AS posted, SUM(p.is_deferred) AS is_deferred, SUM(p.incomplete_ads) AS incomplete_ads,
           SUM(p.estimated_storage) AS estimated_storage,
           CASE WHEN SUM(p.referral_rates) > 0 THEN SUM(p.referral_rate) END AS referral_rate,
           CASE WHEN SUM(p.unknown_fulfilment) = 0 THEN SUM(p.fulfilment_rate) END AS fulfilment_rate
    FROM parts AS p
    GROUP BY p.account_id, p.marketplace_id, p.day, p.sku, p.currency
    HAVING SUM(p.is_row) > 0
),
-- The cost of a unit in the marketplace, else the one in all marketplaces.
costed AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency,
           s.units, s.open_units, s.returned_units, s.unpriced_lines, s.product_sales, s.shipping_income,
           s.gift_wrap_income, s.other_income, s.refunds, s.promotions, s.referral_fees, s.closing_fees,
           s.digital_services_fees, s.fulfilment_fees, s.return_fees, s.refund_admin_fees, s.chargebacks,
           s.merchant_shipping, s.other_cm1, s.actual_fees, s.ads, s.promotion_fees, s.storage, s.inbound,
           s.removals, s.reimbursements, s.clawbacks, s.other_cm2, s.overhead, s.level_tax, s.fee_tax, s.balance,
           s.unmapped, s.unmapped_lines, s.posted, s.is_deferred, s.incomplete_ads, s.estimated_storage,
           s.referral_rate, s.fulfilment_rate,
           w.day IS NOT NULL AS awaits_ads, u.day IS NOT NULL AS lacks_known_storage,
           g.vat_on_fees, g.reporting_currency, x.rate,
           c.sku IS NOT NULL AS has_cost,
           ROUND((c.manufacturing + COALESCE(c.freight, 0) + COALESCE(c.duty, 0) + COALESCE(c.prep, 0) + COALESCE(c.other, 0)) * y.rate, 6) AS unit_cost,
           ROW_NUMBER() OVER (
               PARTITION BY s.account_id, s.marketplace_id, s.day, s.sku, s.currency
               ORDER BY LENGTH(COALESCE(c.marketplace_id, '')) DESC, COALESCE(c.valid_from, s.day) DESC
           ) AS place
    FROM sums AS s
    LEFT JOIN {{ source('reference.cost') }} AS c
        ON c.account_id = s.account_id
        AND c.sku = s.sku
        AND (c.marketplace_id = '' OR c.marketplace_id = s.marketplace_id)
        AND c.valid_from <= s.day
        AND c.valid_to >= s.day
    LEFT JOIN {{ source('reference.fx_rate') }} AS y
        ON y.day = s.day AND y.from_currency = c.currency AND y.to_currency = s.currency
    LEFT JOIN {{ source('reference.account_setting') }} AS g ON g.account_id = s.account_id
    LEFT JOIN {{ source('reference.fx_rate') }} AS x
        ON x.day = s.day AND x.from_currency = s.currency AND x.to_currency = g.reporting_currency
    LEFT JOIN awaited_ads AS w
        ON w.account_id = s.account_id AND w.marketplace_id = s.marketplace_id AND w.day = s.day
    LEFT JOIN unknown_storage AS u
        ON u.account_id = s.account_id AND u.marketplace_id = s.marketplace_id AND u.day = s.day
),
priced AS (
    SELECT c.account_id, c.marketplace_id, c.day, c.sku, c.currency, c.units, c.open_units, c.returned_units,
           CASE WHEN c.unpriced_lines > 0 THEN NULL ELSE c.product_sales END AS product_sales,
           CASE WHEN c.open_units > 0 THEN c.referral_fees + ROUND(c.open_units * c.referral_rate, 6) ELSE c.referral_fees END AS referral_fees,
           CASE WHEN c.open_units > 0 THEN c.fulfilment_fees + ROUND(c.open_units * c.fulfilment_rate, 6)
                ELSE c.fulfilment_fees END AS fulfilment_fees,
           c.shipping_income, c.gift_wrap_income, c.other_income, c.refunds, c.promotions, c.closing_fees,
           c.digital_services_fees, c.return_fees, c.refund_admin_fees, c.chargebacks, c.merchant_shipping,
           c.other_cm1,
           CASE WHEN c.units = 0 THEN 0 ELSE -ROUND(c.unit_cost * c.units, 6) END AS cogs,
           CASE WHEN c.returned_units = 0 THEN 0 ELSE ROUND(c.unit_cost * c.returned_units, 6) END AS cogs_returned,
           c.ads, c.promotion_fees, c.storage, c.inbound, c.removals, c.reimbursements, c.clawbacks, c.other_cm2,
           CASE WHEN c.vat_on_fees = 'NON_RECOVERABLE' THEN c.fee_tax ELSE 0 END AS tax_on_fees,
           c.overhead,
           c.level_tax + CASE WHEN c.vat_on_fees = 'NON_RECOVERABLE' THEN 0 ELSE c.fee_tax END AS tax,
           c.balance, c.unmapped, c.posted,
           CASE WHEN c.units = 0 THEN 0 ELSE ROUND(c.units * (c.referral_rate + c.fulfilment_rate), 6) END AS estimated_fees,
           c.actual_fees,
           c.actual_fees - CASE WHEN c.units = c.open_units THEN 0
                                ELSE ROUND((c.units - c.open_units) * (c.referral_rate + c.fulfilment_rate), 6) END AS fee_difference,
           c.reporting_currency, c.rate,
           c.incomplete_ads > 0 OR c.awaits_ads AS lacks_ads,
           (c.units > 0 OR c.returned_units > 0) AND NOT c.has_cost AS lacks_cost,
           c.open_units > 0 AND (c.referral_rate IS NULL OR c.fulfilment_rate IS NULL) AS lacks_fees,
           (c.has_cost AND (c.units > 0 OR c.returned_units > 0) AND c.unit_cost IS NULL)
               OR (c.reporting_currency IS NOT NULL AND c.rate IS NULL) AS lacks_rate,
           c.unpriced_lines > 0 AS lacks_price,
           c.lacks_known_storage,
           c.estimated_storage > 0 AS has_estimated_storage,
           c.unmapped_lines > 0 AS is_unmapped,
           c.fee_tax <> 0 AND COALESCE(c.vat_on_fees, 'UNKNOWN') = 'UNKNOWN' AS lacks_vat_setting,
           c.is_deferred > 0 AS is_deferred
    FROM costed AS c
    WHERE c.place = 1
),
margins AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.sku, p.currency, p.units, p.open_units, p.returned_units,
           p.product_sales, p.shipping_income, p.gift_wrap_income, p.other_income, p.refunds, p.promotions,
           p.referral_fees, p.closing_fees, p.digital_services_fees, p.fulfilment_fees, p.return_fees,
           p.refund_admin_fees, p.chargebacks, p.merchant_shipping, p.other_cm1, p.cogs, p.cogs_returned,
           p.product_sales + p.shipping_income + p.gift_wrap_income + p.other_income + p.refunds +
               p.promotions + p.referral_fees + p.closing_fees + p.digital_services_fees + p.fulfilment_fees +
               p.return_fees + p.refund_admin_fees + p.chargebacks + p.merchant_shipping + p.other_cm1 AS cm1_without_cogs,
           p.ads, p.promotion_fees, p.storage, p.inbound, p.removals, p.reimbursements, p.clawbacks, p.other_cm2,
           p.tax_on_fees,
           p.ads + p.promotion_fees + p.storage + p.inbound + p.removals + p.reimbursements + p.clawbacks +
               p.other_cm2 + p.tax_on_fees AS cm2_only,
           p.overhead, p.tax, p.balance, p.unmapped, p.posted, p.estimated_fees, p.actual_fees, p.fee_difference,
           p.reporting_currency, p.rate,
           CASE WHEN p.lacks_ads OR p.lacks_cost OR p.lacks_fees OR p.lacks_rate OR p.lacks_price OR p.is_unmapped
                     OR p.lacks_known_storage OR p.lacks_vat_setting THEN 'incomplete'
                WHEN p.open_units > 0 OR p.is_deferred OR p.has_estimated_storage THEN 'estimated'
                ELSE 'complete' END AS status,
           REPLACE(TRIM(CASE WHEN p.lacks_ads THEN 'ads ' ELSE '' END
                    || CASE WHEN p.lacks_cost THEN 'cost ' ELSE '' END
                    || CASE WHEN p.lacks_fees THEN 'fees ' ELSE '' END
                    || CASE WHEN p.lacks_rate THEN 'fx_rate ' ELSE '' END
                    || CASE WHEN p.lacks_price THEN 'price ' ELSE '' END
                    || CASE WHEN p.lacks_known_storage OR p.has_estimated_storage THEN 'storage ' ELSE '' END
                    || CASE WHEN p.is_unmapped THEN 'unmapped ' ELSE '' END
                    || CASE WHEN p.lacks_vat_setting THEN 'vat_setting' ELSE '' END), ' ', ', ') AS missing
    FROM priced AS p
)
SELECT m.account_id, m.marketplace_id, m.day, m.sku, m.currency, m.units, m.open_units, m.returned_units,
       m.product_sales, m.shipping_income, m.gift_wrap_income, m.other_income, m.refunds, m.promotions,
       m.referral_fees, m.closing_fees, m.digital_services_fees, m.fulfilment_fees, m.return_fees,
       m.refund_admin_fees, m.chargebacks, m.merchant_shipping, m.other_cm1, m.cogs, m.cogs_returned,
       m.cm1_without_cogs + m.cogs + m.cogs_returned AS cm1,
       m.ads, m.promotion_fees, m.storage, m.inbound, m.removals, m.reimbursements, m.clawbacks, m.other_cm2,
       m.tax_on_fees,
       m.cm1_without_cogs + m.cm2_only + m.cogs + m.cogs_returned AS cm2,
       m.cm1_without_cogs + m.cm2_only AS cm2_without_cogs,
       m.overhead, m.tax, m.balance, m.unmapped, m.posted, m.estimated_fees, m.actual_fees, m.fee_difference,
       m.reporting_currency,
       ROUND(m.product_sales * m.rate, 6) AS product_sales_reporting,
       ROUND((m.cogs + m.cogs_returned) * m.rate, 6) AS cogs_reporting,
       ROUND((m.cm1_without_cogs + m.cogs + m.cogs_returned) * m.rate, 6) AS cm1_reporting,
       ROUND(m.ads * m.rate, 6) AS ads_reporting,
       ROUND((m.cm1_without_cogs + m.cm2_only + m.cogs + m.cogs_returned) * m.rate, 6) AS cm2_reporting,
       m.status,
       m.missing
FROM margins AS m
