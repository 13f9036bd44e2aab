-- description: >-
--   Amazon's fees of each SKU, day and kind: actual, as Data Kiosk economics reports them on the day they are charged, and
--   the estimate for the units ordered that day. Both are kept; they are never added, as an order is charged when it
--   ships. Compare them over a month.
-- group: daily
-- grain: [account_id, marketplace_id, day, sku, fee_type]
-- inputs:
--   amazon_sp.economics_fees: {day: date, before: 3}
--   amazon_sp.economics_fee_components: {day: date}
--   amazon_sp.fee_preview: {moment: snapshot_at}
--   amazon_sp.product_fee_details: {moment: snapshot_at, before: 6}
--   sales_day: {day: day}
--   reference.economics_rule: {account: false, marketplace: false}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Actual: day of the charge; estimate: day of the order. In the marketplace's time zone."}
--   sku: {type: text, description: "Seller's SKU; empty: not named."}
--   fee_type: {type: text, description: "P&L line of the fee by reference.economics_rule, such as fee.referral; of a fee without a rule: Amazon's name."}
--   is_mapped: {type: boolean, description: "fee_type is a P&L line."}
--   currency: {type: text, description: "Currency of the marketplace, and of all amounts."}
--   units_charged: {type: decimal, unit: units, description: "Units that were charged."}
--   amount_actual: {type: decimal, unit: currency, description: "Fees charged on this day without tax, negative. Null: economics has no rows for the marketplace and day."}
--   tax_actual: {type: decimal, unit: currency, description: "Tax on them, negative."}
--   amount_fuel: {type: decimal, unit: currency, description: "Part of amount_actual of the fulfilment fee that is fuel and logistics surcharge, negative. Null: not charged, or not told in this marketplace."}
--   amount_low_inventory: {type: decimal, unit: currency, description: "Part of it that is low-inventory-level fee, likewise."}
--   units_expected: {type: integer, unit: units, description: "Units ordered on this day that the estimate is for; of the fulfilment fee those that Amazon fulfils."}
--   rate_expected: {type: decimal, unit: currency per unit, description: "Expected fee of a unit, negative."}
--   amount_estimated: {type: decimal, unit: currency, description: "units_expected x rate_expected, negative. Null: nothing tells the rate. Only referral and fulfilment fees are estimated."}
--   estimate_source: {type: text, description: "fee_preview: snapshot of the day or the day before; product_fees: of the week before; last_actual: last charge of the 3 days before; empty: no estimate."}
--   status: {type: text, description: "complete: charged, and reported at least four days after the day; estimated: economics lacks the day or may still change; incomplete: neither charge nor rate is known."}
--   missing: {type: text, description: "economics: no rows for the marketplace and day; rate: units were ordered and nothing tells the fee."}
WITH charged AS (
    SELECT e.account_id, e.marketplace_id, e.date AS day, COALESCE(e.msku, '') AS sku,
           r.pl_line,
           e.fee_type_name, COALESCE(e.quantity, 0) AS units,
           COALESCE(e.total_amount, 0) - COALESCE(e.tax_amount, 0) AS amount, COALESCE(e.tax_amount, 0) AS tax,
           CAST(e.reported_at AT TIME ZONE 'UTC' AS DATE) AS reported_on
    FROM {{ source('amazon_sp.economics_fees') }} AS e
    LEFT JOIN {{ source('reference.economics_rule') }} AS r ON r.fee_type_name = e.fee_type_name
),
-- Components are parts of the fee: they never add to it.
components AS (
    SELECT c.account_id, c.marketplace_id, c.date AS day, COALESCE(c.msku, '') AS sku,
           -SUM(CASE WHEN c.component_name = 'FuelSurcharge' THEN COALESCE(c.total_amount, 0) - COALESCE(c.tax_amount, 0) END)
               AS fuel,
           -SUM(CASE WHEN c.component_name = 'LowInventoryLevelFee' THEN COALESCE(c.total_amount, 0) - COALESCE(c.tax_amount, 0) END)
               AS low_inventory
    FROM {{ source('amazon_sp.economics_fee_components') }} AS c
    GROUP BY c.account_id, c.marketplace_id, c.date, COALESCE(c.msku, '')
),
actual AS (
    SELECT c.account_id, c.marketplace_id, c.day, c.sku, COALESCE(c.pl_line, c.fee_type_name, '') AS fee_type,
           c.pl_line IS NOT NULL AS is_mapped, SUM(c.units) AS units, -SUM(c.amount) AS amount, -SUM(c.tax) AS tax
    FROM charged AS c
    GROUP BY c.account_id, c.marketplace_id, c.day, c.sku, COALESCE(c.pl_line, c.fee_type_name, ''), c.pl_line IS NOT NULL
),
charged_days AS (
    SELECT c.account_id, c.marketplace_id, c.day, MAX(c.reported_on) AS reported_on
    FROM charged AS c
    GROUP BY c.account_id, c.marketplace_id, c.day
),
kinds AS (
    SELECT 'fee.referral' AS fee_type
    UNION ALL
    SELECT 'fee.fba_fulfilment'
),
previews AS (
    SELECT f.account_id, f.marketplace_id, f.sku, CAST(f.snapshot_at AT TIME ZONE 'UTC' AS DATE) AS day,
           MAX(f.estimated_referral_fee_per_unit) AS referral,
           MAX(COALESCE(f.expected_fulfillment_fee_per_unit, f.expected_domestic_fulfilment_fee_per_unit)) AS fulfilment
    FROM {{ source('amazon_sp.fee_preview') }} AS f
    GROUP BY f.account_id, f.marketplace_id, f.sku, CAST(f.snapshot_at AT TIME ZONE 'UTC' AS DATE)
),
ordered AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, k.fee_type,
           CASE WHEN k.fee_type = 'fee.referral' THEN s.units_ordered ELSE s.units_fba END AS units,
           CASE WHEN k.fee_type = 'fee.referral' THEN COALESCE(a.referral, b.referral)
                ELSE COALESCE(a.fulfilment, b.fulfilment) END AS preview
    FROM {{ ref('sales_day') }} AS s
    CROSS JOIN kinds AS k
    LEFT JOIN previews AS a
      ON a.account_id = s.account_id AND a.marketplace_id = s.marketplace_id AND a.sku = s.sku AND a.day = s.day
    LEFT JOIN previews AS b
      ON b.account_id = s.account_id AND b.marketplace_id = s.marketplace_id AND b.sku = s.sku
     AND b.day = CAST(s.day - INTERVAL '1' DAY AS DATE)
    WHERE s.units_fba > 0 OR (s.units_ordered > 0 AND k.fee_type = 'fee.referral')
),
other_rates AS (
    SELECT o.account_id, o.marketplace_id, o.day, o.sku, o.fee_type, 1 AS rank_of_source, 'product_fees' AS source,
           p.snapshot_at AS known_at, p.final_fee AS rate
    FROM ordered AS o
    JOIN {{ source('amazon_sp.product_fee_details') }} AS p
      ON p.account_id = o.account_id AND p.marketplace_id = o.marketplace_id AND p.seller_sku = o.sku
     AND CASE WHEN p.fee_type = 'ReferralFee' THEN 'fee.referral'
              WHEN p.fee_type = 'FBAFees' THEN 'fee.fba_fulfilment' END = o.fee_type
    WHERE o.preview IS NULL AND p.final_fee IS NOT NULL
      AND CAST(p.snapshot_at AT TIME ZONE 'UTC' AS DATE) >= CAST(o.day - INTERVAL '7' DAY AS DATE)
      AND CAST(p.snapshot_at AT TIME ZONE 'UTC' AS DATE) <= CAST(o.day + INTERVAL '1' DAY AS DATE)
    UNION ALL
    SELECT o.account_id, o.marketplace_id, o.day, o.sku, o.fee_type, 2, 'last_actual',
           CAST(c.day AS TIMESTAMP WITH TIME ZONE), ROUND(c.amount / NULLIF(c.units, 0), 6)
    FROM ordered AS o
    JOIN charged AS c
      ON c.account_id = o.account_id AND c.marketplace_id = o.marketplace_id AND c.sku = o.sku AND c.pl_line = o.fee_type
    WHERE o.preview IS NULL AND c.units > 0 AND c.amount > 0 AND c.day <= o.day
      AND c.day >= CAST(o.day - INTERVAL '3' DAY AS DATE)
),
ranked AS (
    SELECT r.account_id, r.marketplace_id, r.day, r.sku, r.fee_type, r.source, r.rate,
           ROW_NUMBER() OVER (
               PARTITION BY r.account_id, r.marketplace_id, r.day, r.sku, r.fee_type
               ORDER BY r.rank_of_source, r.known_at DESC, r.rate DESC
           ) AS place
    FROM other_rates AS r
),
estimated AS (
    SELECT o.account_id, o.marketplace_id, o.day, o.sku, o.fee_type, o.units, -COALESCE(o.preview, r.rate) AS rate,
           CASE WHEN o.preview IS NOT NULL THEN 'fee_preview' ELSE COALESCE(r.source, '') END AS source
    FROM ordered AS o
    LEFT JOIN ranked AS r
      ON r.account_id = o.account_id AND r.marketplace_id = o.marketplace_id AND r.day = o.day AND r.sku = o.sku
     AND r.fee_type = o.fee_type AND r.place = 1
),
parts AS (
    SELECT a.account_id, a.marketplace_id, a.day, a.sku, a.fee_type, a.is_mapped, a.units AS units_charged,
           a.amount AS amount_actual, a.tax AS tax_actual, NULL AS units_expected, NULL AS rate_expected,
           '' AS estimate_source
    FROM actual AS a
    UNION ALL
    SELECT e.account_id, e.marketplace_id, e.day, e.sku, e.fee_type, TRUE, 0, 0, 0, e.units, e.rate, e.source
    FROM estimated AS e
),
summed AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.sku, p.fee_type, BOOL_OR(p.is_mapped) AS is_mapped,
           SUM(p.units_charged) AS units_charged, SUM(p.amount_actual) AS amount_actual, SUM(p.tax_actual) AS tax_actual,
           SUM(p.units_expected) AS units_expected, SUM(p.rate_expected) AS rate_expected,
           MAX(p.estimate_source) AS estimate_source
    FROM parts AS p
    GROUP BY p.account_id, p.marketplace_id, p.day, p.sku, p.fee_type
)
SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.fee_type, s.is_mapped, m.currency,
       CASE WHEN d.day IS NOT NULL THEN s.units_charged END AS units_charged,
       CASE WHEN d.day IS NOT NULL THEN s.amount_actual END AS amount_actual,
       CASE WHEN d.day IS NOT NULL THEN s.tax_actual END AS tax_actual,
       CASE WHEN s.fee_type = 'fee.fba_fulfilment' THEN c.fuel END AS amount_fuel,
       CASE WHEN s.fee_type = 'fee.fba_fulfilment' THEN c.low_inventory END AS amount_low_inventory,
       s.units_expected, s.rate_expected, s.units_expected * s.rate_expected AS amount_estimated, s.estimate_source,
       CASE WHEN d.day IS NULL AND s.rate_expected IS NULL THEN 'incomplete'
            WHEN d.day IS NULL OR d.reported_on < CAST(s.day + INTERVAL '4' DAY AS DATE) THEN 'estimated'
            ELSE 'complete' END AS status,
       LTRIM(CASE WHEN d.day IS NULL THEN ', economics' ELSE '' END
             || CASE WHEN s.units_expected > 0 AND s.rate_expected IS NULL THEN ', rate' ELSE '' END, ', ') AS missing
FROM summed AS s
JOIN {{ source('reference.marketplace') }} AS m ON m.id = s.marketplace_id
LEFT JOIN charged_days AS d ON d.account_id = s.account_id AND d.marketplace_id = s.marketplace_id AND d.day = s.day
LEFT JOIN components AS c
  ON c.account_id = s.account_id AND c.marketplace_id = s.marketplace_id AND c.day = s.day AND c.sku = s.sku
