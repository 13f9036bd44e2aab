-- description: "Order-based profit per SKU and day: amounts as posted, estimates until then."
-- group: money
-- grain: [account_id, marketplace_id, day, sku, currency]
-- inputs:
--   order_money: {day: day}
--   transaction_line: {day: day}
--   amazon_sp.all_orders: {moment: purchase_date, before: 36, after: 1}
--   amazon_sp.fba_customer_returns: {moment: return_date, marketplace: false}
--   ads_day: {day: day}
--   fees_day: {day: day}
--   storage_sku_month: {day: day, before: 95}
--   reference.cost: {since: valid_from, marketplace: false}
--   reference.fx_rate: {day: day, account: false, marketplace: false}
--   reference.calendar: {day: day, account: false, marketplace: false}
--   reference.account_setting: {marketplace: false}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone; of refunds and fees without an order: the day on which they were posted."}
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
--   cogs: {type: decimal, unit: currency, description: "Manufacturing, freight, duty, prep and other cost of the units sold, at the cost that held on the day; null: a cost is unknown."}
--   cogs_returned: {type: decimal, unit: currency, description: "Cost of units that came back sellable, added back."}
--   cm1: {type: decimal, unit: currency, description: "Contribution margin 1: all columns before it; null without a cost, price or fee."}
--   ads: {type: decimal, unit: currency, description: "Advertising."}
--   promotion_fees: {type: decimal, unit: currency, description: "Fees of coupons, deals and Vine."}
--   storage: {type: decimal, unit: currency, description: "Storage: monthly, utilization, aged, overage, AWD, reservation."}
--   inbound: {type: decimal, unit: currency, description: "Inbound: placement, transport, AWD, defects, prep."}
--   removals: {type: decimal, unit: currency, description: "Removals and disposals, less what liquidations brought."}
--   reimbursements: {type: decimal, unit: currency, description: "Reimbursements."}
--   clawbacks: {type: decimal, unit: currency, description: "Reimbursements that Amazon took back."}
--   other_cm2: {type: decimal, unit: currency, description: "Every other line of level CM2."}
--   tax_on_fees: {type: decimal, unit: currency, description: "VAT on fees, if the account cannot recover it; else 0."}
--   cm2: {type: decimal, unit: currency, description: "Contribution margin 2: cm1 and the columns after it; null without a cost, price or fee."}
--   cm2_without_cogs: {type: decimal, unit: currency, description: "cm2 without cogs and cogs_returned."}
--   overhead: {type: decimal, unit: currency, description: "Costs of the account that are never spread: subscription, services, EPR, fee adjustments."}
--   tax: {type: decimal, unit: currency, description: "Tax collected and withheld, and tax on fees that you recover. Never profit."}
--   balance: {type: decimal, unit: currency, description: "Reserves, debts, loans and transfers. Never profit."}
--   unmapped: {type: decimal, unit: currency, description: "Amounts that no rule names. They are in no other column."}
--   posted: {type: decimal, unit: currency, description: "The part of all these amounts that Amazon posted, on whichever day."}
--   estimated_fees: {type: decimal, unit: currency, description: "Referral and fulfilment fees of the units as expected on the day of the order; null: not known."}
--   actual_fees: {type: decimal, unit: currency, description: "Referral and fulfilment fees that Amazon posted for these units."}
--   fee_difference: {type: decimal, unit: currency, description: "actual_fees less those expected for the posted units; null: not known."}
--   reporting_currency: {type: text, description: "Currency of columns `*_reporting`; null: the account has none."}
--   product_sales_reporting: {type: decimal, unit: currency, description: "product_sales in the reporting currency, at the rate of the day; null without a rate."}
--   cogs_reporting: {type: decimal, unit: currency, description: "cogs in the reporting currency, at the rate of the day; null without a rate."}
--   cm1_reporting: {type: decimal, unit: currency, description: "cm1 in the reporting currency, at the rate of the day; null without a rate."}
--   ads_reporting: {type: decimal, unit: currency, description: "ads in the reporting currency, at the rate of the day; null without a rate."}
--   cm2_reporting: {type: decimal, unit: currency, description: "cm2 in the reporting currency, at the rate of the day; null without a rate."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: ads, cost, fees, fx_rate, price, storage, unmapped, vat_setting; empty: nothing."}
WITH ordered AS (
    SELECT o.account_id, o.marketplace_id, o.day, o.sku, o.currency,
           SUM(o.units) AS units,
           SUM(o.open_units) AS open_units,
           SUM(o.units) - SUM(o.open_units) AS posted_units,
           SUM(o.product_sales) AS product_sales,
           CASE WHEN COUNT(*) = COUNT(o.open_sales) THEN SUM(o.open_sales) END AS open_sales,
           SUM(o.shipping_income) AS shipping_income,
           SUM(o.gift_wrap_income) AS gift_wrap_income,
           SUM(o.open_shipping) AS open_shipping,
           SUM(o.promotions) AS promotions,
           SUM(o.open_promotions) AS open_promotions,
           SUM(o.referral_fees) AS referral_fees,
           SUM(o.closing_fees) AS closing_fees,
           SUM(o.digital_services_fees) AS digital_services_fees,
           SUM(o.fulfilment_fees) AS fulfilment_fees,
           SUM(o.chargebacks) AS chargebacks,
           SUM(o.cm1) - SUM(o.product_sales + o.shipping_income + o.gift_wrap_income + o.promotions + o.referral_fees
                            + o.closing_fees + o.digital_services_fees + o.fulfilment_fees + o.chargebacks) AS other_cm1,
           SUM(o.cm2_only) AS other_cm2,
           SUM(o.tax) AS tax,
           SUM(o.unmapped) AS unmapped,
           SUM(o.posted_net) AS posted_net,
           SUM(o.deferred_net) AS deferred_net
    FROM {{ ref('order_money') }} AS o
    GROUP BY o.account_id, o.marketplace_id, o.day, o.sku, o.currency
),
order_days AS (
    SELECT a.account_id, a.marketplace_id, a.amazon_order_id AS order_id,
           MIN(CAST(a.purchase_date AT TIME ZONE m.time_zone AS DATE)) AS day
    FROM {{ source('amazon_sp.all_orders') }} AS a
    INNER JOIN {{ source('reference.marketplace') }} AS m ON m.id = a.marketplace_id
    WHERE a.purchase_date IS NOT NULL
    GROUP BY a.account_id, a.marketplace_id, a.amazon_order_id
),
-- What belongs to the day on which it was posted: all but the shipments of known orders, which are in order_money.
-- Advertising and storage are taken from the reports that name the SKU.
by_posting AS (
    SELECT t.account_id, t.marketplace_id, t.day, t.sku, t.currency, t.pl_line, t.level, t.amount
    FROM {{ ref('transaction_line') }} AS t
    LEFT JOIN order_days AS o
        ON t.transaction_type = 'Shipment'
        AND o.account_id = t.account_id
        AND o.marketplace_id = t.marketplace_id
        AND o.order_id = t.order_id
        AND t.day BETWEEN o.day - INTERVAL '1' DAY AND o.day + INTERVAL '35' DAY
    WHERE t.is_counted AND o.order_id IS NULL
),
posted AS (
    SELECT l.account_id, l.marketplace_id, l.day, l.sku, l.currency,
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
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line IN ('storage.monthly', 'storage.aged')), 0) AS reported_storage,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'OVERHEAD'), 0) AS overhead,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'TAX' AND l.pl_line <> 'tax.on_fees'), 0) AS level_tax,
           COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'tax.on_fees'), 0) AS fee_tax,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'BALANCE'), 0) AS balance,
           COALESCE(SUM(l.amount) FILTER (WHERE l.level = 'UNMAPPED'), 0) AS unmapped,
           COUNT(*) FILTER (WHERE l.level = 'UNMAPPED') AS unmapped_lines,
           SUM(l.amount) AS net
    FROM by_posting AS l
    GROUP BY l.account_id, l.marketplace_id, l.day, l.sku, l.currency
),
advertised AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency,
           -SUM(s.spend) AS ads,
           COUNT(*) FILTER (WHERE s.status = 'incomplete' AND s.missing LIKE '%campaign_report%') AS incomplete_ads
    FROM {{ ref('ads_day') }} AS s
    GROUP BY s.account_id, s.marketplace_id, s.day, s.sku, s.currency
),
storage_months AS (
    SELECT c.day, m.account_id, m.marketplace_id, MAX(m.day) AS month_first, MAX(c.month_first) AS own_month
    FROM {{ source('reference.calendar') }} AS c
    INNER JOIN {{ ref('storage_sku_month') }} AS m
        ON m.day <= c.day AND m.day >= c.day - INTERVAL '95' DAY AND m.monthly IS NOT NULL
    GROUP BY c.day, m.account_id, m.marketplace_id
),
-- A month's fees are published in the next one: until then the days cost what they did in the last known month.
stored AS (
    SELECT m.account_id, m.marketplace_id, d.day, m.sku,
           MAX(m.currency) AS currency,
           SUM(ROUND((COALESCE(m.monthly, 0) + COALESCE(m.aged, 0)) / NULLIF(m.days, 0), 6)) AS storage,
           MAX(CASE WHEN d.month_first < d.own_month THEN 1 ELSE 0 END) AS estimated_storage
    FROM storage_months AS d
    INNER JOIN {{ ref('storage_sku_month') }} AS m
        ON m.account_id = d.account_id AND m.marketplace_id = d.marketplace_id AND m.day = d.month_first
    GROUP BY m.account_id, m.marketplace_id, d.day, m.sku
),
returned AS (
    SELECT r.account_id, o.marketplace_id, CAST(r.return_date AT TIME ZONE m.time_zone AS DATE) AS day, COALESCE(r.sku, '') AS sku,
           MAX(m.currency) AS currency,
           SUM(r.quantity) AS returned_units
    FROM {{ source('amazon_sp.fba_customer_returns') }} AS r
    INNER JOIN order_days AS o
        ON o.account_id = r.account_id AND o.order_id = r.order_id
    INNER JOIN {{ source('reference.marketplace') }} AS m ON m.id = o.marketplace_id
    WHERE r.detailed_disposition = 'SELLABLE'
      AND CAST(r.return_date AT TIME ZONE m.time_zone AS DATE) BETWEEN o.day AND o.day + INTERVAL '35' DAY
    GROUP BY r.account_id, o.marketplace_id, CAST(r.return_date AT TIME ZONE m.time_zone AS DATE), COALESCE(r.sku, '')
),
expected AS (
    SELECT f.account_id, f.marketplace_id, f.day, f.sku, f.currency,
           MAX(CASE WHEN f.fee_type = 'fee.referral' THEN f.rate_expected END) AS referral_rate,
           MAX(CASE WHEN f.fee_type = 'fee.fba_fulfilment' THEN f.rate_expected END) AS fulfilment_rate,
           COUNT(*) FILTER (WHERE f.fee_type IN ('fee.referral', 'fee.fba_fulfilment') AND f.units_expected > 0 AND f.rate_expected IS NULL) AS unknown_rates
    FROM {{ ref('fees_day') }} AS f
    GROUP BY f.account_id, f.marketplace_id, f.day, f.sku, f.currency
),
all_keys AS (
    SELECT o.account_id, o.marketplace_id, o.day, o.sku, o.currency FROM ordered AS o
    UNION ALL
    SELECT p.account_id, p.marketplace_id, p.day, p.sku, p.currency FROM posted AS p
    UNION ALL
    SELECT a.account_id, a.marketplace_id, a.day, a.sku, a.currency FROM advertised AS a
    UNION ALL
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency FROM stored AS s
    UNION ALL
    SELECT r.account_id, r.marketplace_id, r.day, r.sku, r.currency FROM returned AS r
),
keys AS (
    SELECT x.account_id, x.marketplace_id, x.day, x.sku, x.currency FROM all_keys AS x GROUP BY x.account_id, x.marketplace_id, x.day, x.sku, x.currency
),
units AS (
    SELECT x.account_id, x.marketplace_id, x.day, x.sku, x.currency, COALESCE(o.units, 0) AS units, COALESCE(r.returned_units, 0) AS returned_units
    FROM keys AS x
    LEFT JOIN ordered AS o ON o.account_id = x.account_id AND o.marketplace_id = x.marketplace_id AND o.day = x.day AND o.sku = x.sku AND o.currency = x.currency
    LEFT JOIN returned AS r ON r.account_id = x.account_id AND r.marketplace_id = x.marketplace_id AND r.day = x.day AND r.sku = x.sku AND r.currency = x.currency
),
costs AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.currency,
           ROUND((c.manufacturing + COALESCE(c.freight, 0) + COALESCE(c.duty, 0) + COALESCE(c.prep, 0) + COALESCE(c.other, 0)) * x.rate, 6) AS unit_cost,
           x.rate IS NULL AS lacks_rate,
           ROW_NUMBER() OVER (
               PARTITION BY s.account_id, s.marketplace_id, s.day, s.sku, s.currency
               ORDER BY LENGTH(c.marketplace_id) DESC, c.valid_from DESC
           ) AS place
    FROM units AS s
    INNER JOIN {{ source('reference.cost') }} AS c
        ON c.account_id = s.account_id
        AND c.sku = s.sku
        AND (c.marketplace_id = '' OR c.marketplace_id = s.marketplace_id)
        AND c.valid_from <= s.day
        AND c.valid_to >= s.day
    LEFT JOIN {{ source('reference.fx_rate') }} AS x
        ON x.day = s.day AND x.from_currency = c.currency AND x.to_currency = s.currency
    WHERE s.units > 0 OR s.returned_units > 0
),
parts AS (
    SELECT u.account_id, u.marketplace_id, u.day, u.sku, u.currency, u.units, u.returned_units,
           COALESCE(o.open_units, 0) AS open_units,
           COALESCE(o.posted_units, 0) AS posted_units,
           CASE WHEN o.account_id IS NOT NULL AND o.open_sales IS NULL THEN NULL
                ELSE COALESCE(o.product_sales, 0) + COALESCE(o.open_sales, 0) + COALESCE(p.product_sales, 0) END AS product_sales,
           COALESCE(o.shipping_income, 0) + COALESCE(o.open_shipping, 0) + COALESCE(p.shipping_income, 0) AS shipping_income,
           COALESCE(o.gift_wrap_income, 0) + COALESCE(p.gift_wrap_income, 0) AS gift_wrap_income,
           COALESCE(p.other_income, 0) AS other_income,
           COALESCE(p.refunds, 0) AS refunds,
           COALESCE(o.promotions, 0) + COALESCE(o.open_promotions, 0) + COALESCE(p.promotions, 0) AS promotions,
           CASE WHEN COALESCE(o.open_units, 0) > 0 THEN ROUND(o.open_units * e.referral_rate, 6) ELSE 0 END
               + COALESCE(o.referral_fees, 0) + COALESCE(p.referral_fees, 0) AS referral_fees,
           COALESCE(o.closing_fees, 0) + COALESCE(p.closing_fees, 0) AS closing_fees,
           COALESCE(o.digital_services_fees, 0) + COALESCE(p.digital_services_fees, 0) AS digital_services_fees,
           CASE WHEN COALESCE(o.open_units, 0) > 0 THEN ROUND(o.open_units * COALESCE(e.fulfilment_rate, 0), 6) ELSE 0 END
               + COALESCE(o.fulfilment_fees, 0) + COALESCE(p.fulfilment_fees, 0) AS fulfilment_fees,
           COALESCE(p.return_fees, 0) AS return_fees,
           COALESCE(p.refund_admin_fees, 0) AS refund_admin_fees,
           COALESCE(o.chargebacks, 0) + COALESCE(p.chargebacks, 0) AS chargebacks,
           COALESCE(p.merchant_shipping, 0) AS merchant_shipping,
           COALESCE(o.other_cm1, 0) + COALESCE(p.level_cm1 - (p.product_sales + p.shipping_income + p.gift_wrap_income + p.other_income + p.refunds + p.promotions + p.referral_fees + p.closing_fees + p.digital_services_fees + p.fulfilment_fees + p.return_fees + p.refund_admin_fees + p.chargebacks + p.merchant_shipping), 0) AS other_cm1,
           CASE WHEN u.units = 0 THEN 0 ELSE -ROUND(c.unit_cost * u.units, 6) END AS cogs,
           CASE WHEN u.returned_units = 0 THEN 0 ELSE ROUND(c.unit_cost * u.returned_units, 6) END AS cogs_returned,
           COALESCE(a.ads, 0) AS ads,
           COALESCE(p.promotion_fees, 0) AS promotion_fees,
           COALESCE(s.storage, 0) + COALESCE(p.storage - p.reported_storage, 0) AS storage,
           COALESCE(p.inbound, 0) AS inbound,
           COALESCE(p.removals, 0) AS removals,
           COALESCE(p.reimbursements, 0) AS reimbursements,
           COALESCE(p.clawbacks, 0) AS clawbacks,
           COALESCE(o.other_cm2, 0) + COALESCE(p.level_cm2 - (p.ads + p.promotion_fees + p.storage + p.inbound + p.removals + p.reimbursements + p.clawbacks), 0) AS other_cm2,
           CASE WHEN g.vat_on_fees = 'NON_RECOVERABLE' THEN COALESCE(p.fee_tax, 0) ELSE 0 END AS tax_on_fees,
           COALESCE(p.overhead, 0) AS overhead,
           COALESCE(o.tax, 0) + COALESCE(p.level_tax, 0)
               + CASE WHEN g.vat_on_fees = 'NON_RECOVERABLE' THEN 0 ELSE COALESCE(p.fee_tax, 0) END AS tax,
           COALESCE(p.balance, 0) AS balance,
           COALESCE(o.unmapped, 0) + COALESCE(p.unmapped, 0) AS unmapped,
           COALESCE(o.posted_net, 0) + COALESCE(p.net, 0) - COALESCE(p.ads, 0) - COALESCE(p.reported_storage, 0) AS posted,
           ROUND(u.units * (e.referral_rate + COALESCE(e.fulfilment_rate, 0)), 6) AS estimated_fees,
           COALESCE(o.referral_fees, 0) + COALESCE(o.fulfilment_fees, 0) AS actual_fees,
           COALESCE(o.referral_fees, 0) + COALESCE(o.fulfilment_fees, 0)
               - ROUND(COALESCE(o.posted_units, 0) * (e.referral_rate + COALESCE(e.fulfilment_rate, 0)), 6) AS fee_difference,
           g.reporting_currency,
           x.rate,
           COALESCE(a.incomplete_ads, 0) > 0 AS lacks_ads,
           (u.units > 0 OR u.returned_units > 0) AND c.sku IS NULL AS lacks_cost,
           COALESCE(o.open_units, 0) > 0 AND (e.referral_rate IS NULL OR e.unknown_rates > 0) AS lacks_fees,
           COALESCE(c.lacks_rate, FALSE) OR (g.reporting_currency IS NOT NULL AND x.rate IS NULL) AS lacks_rate,
           o.account_id IS NOT NULL AND o.open_sales IS NULL AS lacks_price,
           COALESCE(s.estimated_storage, 0) > 0 AS is_storage_estimated,
           COALESCE(p.unmapped_lines, 0) > 0 OR COALESCE(o.unmapped, 0) <> 0 AS is_unmapped,
           COALESCE(p.fee_tax, 0) <> 0 AND COALESCE(g.vat_on_fees, 'UNKNOWN') = 'UNKNOWN' AS lacks_vat_setting,
           COALESCE(o.deferred_net, 0) <> 0 AS is_deferred
    FROM units AS u
    LEFT JOIN ordered AS o ON o.account_id = u.account_id AND o.marketplace_id = u.marketplace_id AND o.day = u.day AND o.sku = u.sku AND o.currency = u.currency
    LEFT JOIN posted AS p ON p.account_id = u.account_id AND p.marketplace_id = u.marketplace_id AND p.day = u.day AND p.sku = u.sku AND p.currency = u.currency
    LEFT JOIN advertised AS a ON a.account_id = u.account_id AND a.marketplace_id = u.marketplace_id AND a.day = u.day AND a.sku = u.sku AND a.currency = u.currency
    LEFT JOIN stored AS s ON s.account_id = u.account_id AND s.marketplace_id = u.marketplace_id AND s.day = u.day AND s.sku = u.sku AND s.currency = u.currency
    LEFT JOIN expected AS e ON e.account_id = u.account_id AND e.marketplace_id = u.marketplace_id AND e.day = u.day AND e.sku = u.sku AND e.currency = u.currency
    LEFT JOIN costs AS c ON c.account_id = u.account_id AND c.marketplace_id = u.marketplace_id AND c.day = u.day AND c.sku = u.sku AND c.currency = u.currency AND c.place = 1
    LEFT JOIN {{ source('reference.account_setting') }} AS g ON g.account_id = u.account_id
    LEFT JOIN {{ source('reference.fx_rate') }} AS x
        ON x.day = u.day AND x.from_currency = u.currency AND x.to_currency = g.reporting_currency
),
margins AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.sku, p.currency, p.units, p.open_units, p.returned_units,
           p.product_sales, p.shipping_income, p.gift_wrap_income, p.other_income, p.refunds, p.promotions, p.referral_fees, p.closing_fees, p.digital_services_fees, p.fulfilment_fees, p.return_fees, p.refund_admin_fees, p.chargebacks, p.merchant_shipping, p.other_cm1,
           p.cogs, p.cogs_returned,
           p.product_sales + p.shipping_income + p.gift_wrap_income + p.other_income + p.refunds + p.promotions + p.referral_fees + p.closing_fees + p.digital_services_fees + p.fulfilment_fees + p.return_fees + p.refund_admin_fees + p.chargebacks + p.merchant_shipping + p.other_cm1 AS cm1_without_cogs,
           p.ads, p.promotion_fees, p.storage, p.inbound, p.removals, p.reimbursements, p.clawbacks, p.other_cm2, p.tax_on_fees,
           p.ads + p.promotion_fees + p.storage + p.inbound + p.removals + p.reimbursements + p.clawbacks + p.other_cm2 + p.tax_on_fees AS cm2_only,
           p.overhead, p.tax, p.balance, p.unmapped, p.posted, p.estimated_fees, p.actual_fees, p.fee_difference,
           p.reporting_currency, p.rate,
           CASE WHEN p.lacks_ads OR p.lacks_cost OR p.lacks_fees OR p.lacks_rate OR p.lacks_price OR p.is_unmapped OR p.lacks_vat_setting
                THEN 'incomplete'
                WHEN p.open_units > 0 OR p.is_deferred OR p.is_storage_estimated THEN 'estimated'
                ELSE 'complete' END AS status,
           REPLACE(TRIM(CASE WHEN p.lacks_ads THEN 'ads ' ELSE '' END
                    || CASE WHEN p.lacks_cost THEN 'cost ' ELSE '' END
                    || CASE WHEN p.lacks_fees THEN 'fees ' ELSE '' END
                    || CASE WHEN p.lacks_rate THEN 'fx_rate ' ELSE '' END
                    || CASE WHEN p.lacks_price THEN 'price ' ELSE '' END
                    || CASE WHEN p.is_storage_estimated THEN 'storage ' ELSE '' END
                    || CASE WHEN p.is_unmapped THEN 'unmapped ' ELSE '' END
                    || CASE WHEN p.lacks_vat_setting THEN 'vat_setting' ELSE '' END), ' ', ', ') AS missing
    FROM parts AS p
)
SELECT m.account_id, m.marketplace_id, m.day, m.sku, m.currency, m.units, m.open_units, m.returned_units,
       m.product_sales, m.shipping_income, m.gift_wrap_income, m.other_income, m.refunds, m.promotions, m.referral_fees, m.closing_fees, m.digital_services_fees, m.fulfilment_fees, m.return_fees, m.refund_admin_fees, m.chargebacks, m.merchant_shipping, m.other_cm1,
       m.cogs, m.cogs_returned,
       m.cm1_without_cogs + m.cogs + m.cogs_returned AS cm1,
       m.ads, m.promotion_fees, m.storage, m.inbound, m.removals, m.reimbursements, m.clawbacks, m.other_cm2, m.tax_on_fees,
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
