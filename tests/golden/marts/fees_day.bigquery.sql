WITH charged AS (
  SELECT
    e.account_id,
    e.marketplace_id,
    e.date AS day,
    COALESCE(e.msku, '') AS sku,
    r.pl_line,
    e.fee_type_name,
    COALESCE(e.quantity, 0) AS units,
    COALESCE(e.total_amount, 0) - COALESCE(e.tax_amount, 0) AS amount,
    COALESCE(e.tax_amount, 0) AS tax,
    DATE(e.reported_at, 'UTC') AS reported_on
  FROM __source__amazon_sp__dot__economics_fees__ AS e
  LEFT JOIN __source__reference__dot__economics_rule__ AS r
    ON r.fee_type_name = e.fee_type_name
), components /* Components are parts of the fee: they never add to it. */ AS (
  SELECT
    c.account_id,
    c.marketplace_id,
    c.date AS day,
    COALESCE(c.msku, '') AS sku,
    -SUM(
      CASE
        WHEN c.component_name = 'FuelSurcharge'
        THEN COALESCE(c.total_amount, 0) - COALESCE(c.tax_amount, 0)
      END
    ) AS fuel,
    -SUM(
      CASE
        WHEN c.component_name = 'LowInventoryLevelFee'
        THEN COALESCE(c.total_amount, 0) - COALESCE(c.tax_amount, 0)
      END
    ) AS low_inventory
  FROM __source__amazon_sp__dot__economics_fee_components__ AS c
  GROUP BY
    c.account_id,
    c.marketplace_id,
    c.date,
    COALESCE(c.msku, '')
), actual AS (
  SELECT
    c.account_id,
    c.marketplace_id,
    c.day,
    c.sku,
    COALESCE(c.pl_line, c.fee_type_name, '') AS fee_type,
    c.pl_line IS NOT NULL AS is_mapped,
    SUM(c.units) AS units,
    -SUM(c.amount) AS amount,
    -SUM(c.tax) AS tax
  FROM charged AS c
  GROUP BY
    c.account_id,
    c.marketplace_id,
    c.day,
    c.sku,
    COALESCE(c.pl_line, c.fee_type_name, ''),
    c.pl_line IS NOT NULL
), charged_days AS (
  SELECT
    c.account_id,
    c.marketplace_id,
    c.day,
    MAX(c.reported_on) AS reported_on
  FROM charged AS c
  GROUP BY
    c.account_id,
    c.marketplace_id,
    c.day
), kinds AS (
  SELECT
    'fee.referral' AS fee_type
  UNION ALL
  SELECT
    'fee.fba_fulfilment'
), previews AS (
  SELECT
    f.account_id,
    f.marketplace_id,
    f.sku,
    DATE(f.snapshot_at, 'UTC') AS day,
    MAX(f.estimated_referral_fee_per_unit) AS referral,
    MAX(
      COALESCE(f.expected_fulfillment_fee_per_unit, f.expected_domestic_fulfilment_fee_per_unit)
    ) AS fulfilment
  FROM __source__amazon_sp__dot__fee_preview__ AS f
  GROUP BY
    f.account_id,
    f.marketplace_id,
    f.sku,
    DATE(f.snapshot_at, 'UTC')
), ordered AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.sku,
    k.fee_type,
    CASE WHEN k.fee_type = 'fee.referral' THEN s.units_ordered ELSE s.units_fba END AS units,
    CASE
      WHEN k.fee_type = 'fee.referral'
      THEN COALESCE(a.referral, b.referral)
      ELSE COALESCE(a.fulfilment, b.fulfilment)
    END AS preview
  FROM __ref__sales_day__ AS s
  CROSS JOIN kinds AS k
  LEFT JOIN previews AS a
    ON a.account_id = s.account_id
    AND a.marketplace_id = s.marketplace_id
    AND a.sku = s.sku
    AND a.day = s.day
  LEFT JOIN previews AS b
    ON b.account_id = s.account_id
    AND b.marketplace_id = s.marketplace_id
    AND b.sku = s.sku
    AND b.day = CAST(s.day - INTERVAL '1' DAY AS DATE)
  WHERE
    s.units_fba > 0 OR (
      s.units_ordered > 0 AND k.fee_type = 'fee.referral'
    )
), other_rates AS (
  SELECT
    o.account_id,
    o.marketplace_id,
    o.day,
    o.sku,
    o.fee_type,
    1 AS rank_of_source,
    'product_fees' AS source,
    p.snapshot_at AS known_at,
    p.final_fee AS rate
  FROM ordered AS o
  JOIN __source__amazon_sp__dot__product_fee_details__ AS p
    ON p.account_id = o.account_id
    AND p.marketplace_id = o.marketplace_id
    AND p.seller_sku = o.sku
    AND CASE
      WHEN p.fee_type = 'ReferralFee'
      THEN 'fee.referral'
      WHEN p.fee_type = 'FBAFees'
      THEN 'fee.fba_fulfilment'
    END = o.fee_type
  WHERE
    o.preview IS NULL
    AND p.final_fee IS NOT NULL
    AND DATE(p.snapshot_at, 'UTC') >= CAST(o.day - INTERVAL '7' DAY AS DATE)
    AND DATE(p.snapshot_at, 'UTC') <= CAST(o.day + INTERVAL '1' DAY AS DATE)
  UNION ALL
  SELECT
    o.account_id,
    o.marketplace_id,
    o.day,
    o.sku,
    o.fee_type,
    2,
    'last_actual',
    CAST(c.day AS TIMESTAMP),
    ROUND(CAST(CAST(c.amount AS BIGNUMERIC) / NULLIF(c.units, 0) AS BIGNUMERIC), 6)
  FROM ordered AS o
  JOIN charged AS c
    ON c.account_id = o.account_id
    AND c.marketplace_id = o.marketplace_id
    AND c.sku = o.sku
    AND c.pl_line = o.fee_type
  WHERE
    o.preview IS NULL
    AND c.units > 0
    AND c.amount > 0
    AND c.day <= o.day
    AND c.day >= CAST(o.day - INTERVAL '3' DAY AS DATE)
), ranked AS (
  SELECT
    r.account_id,
    r.marketplace_id,
    r.day,
    r.sku,
    r.fee_type,
    r.source,
    r.rate,
    ROW_NUMBER() OVER (
      PARTITION BY r.account_id, r.marketplace_id, r.day, r.sku, r.fee_type
      ORDER BY r.rank_of_source, r.known_at DESC, r.rate DESC
    ) AS place
  FROM other_rates AS r
), estimated AS (
  SELECT
    o.account_id,
    o.marketplace_id,
    o.day,
    o.sku,
    o.fee_type,
    o.units,
    -COALESCE(o.preview, r.rate) AS rate,
    CASE WHEN o.preview IS NOT NULL THEN 'fee_preview' ELSE COALESCE(r.source, '') END AS source
  FROM ordered AS o
  LEFT JOIN ranked AS r
    ON r.account_id = o.account_id
    AND r.marketplace_id = o.marketplace_id
    AND r.day = o.day
    AND r.sku = o.sku
    AND r.fee_type = o.fee_type
    AND r.place = 1
), parts AS (
  SELECT
    a.account_id,
    a.marketplace_id,
    a.day,
    a.sku,
    a.fee_type,
    a.is_mapped,
    a.units AS units_charged,
    a.amount AS amount_actual,
    a.tax AS tax_actual,
    NULL AS units_expected,
    NULL AS rate_expected,
    '' AS estimate_source
  FROM actual AS a
  UNION ALL
  SELECT
    e.account_id,
    e.marketplace_id,
    e.day,
    e.sku,
    e.fee_type,
    TRUE,
    0,
    0,
    0,
    e.units,
    e.rate,
    e.source
  FROM estimated AS e
), summed AS (
  SELECT
    p.account_id,
    p.marketplace_id,
    p.day,
    p.sku,
    p.fee_type,
    LOGICAL_OR(p.is_mapped) AS is_mapped,
    SUM(p.units_charged) AS units_charged,
    SUM(p.amount_actual) AS amount_actual,
    SUM(p.tax_actual) AS tax_actual,
    SUM(p.units_expected) AS units_expected,
    SUM(p.rate_expected) AS rate_expected,
    MAX(p.estimate_source) AS estimate_source
  FROM parts AS p
  GROUP BY
    p.account_id,
    p.marketplace_id,
    p.day,
    p.sku,
    p.fee_type
)
SELECT
  s.account_id,
  s.marketplace_id,
  s.day,
  s.sku,
  s.fee_type,
  s.is_mapped,
  m.currency,
  CASE WHEN d.day IS NOT NULL THEN s.units_charged END AS units_charged,
  CASE WHEN d.day IS NOT NULL THEN s.amount_actual END AS amount_actual,
  CASE WHEN d.day IS NOT NULL THEN s.tax_actual END AS tax_actual,
  CASE WHEN s.fee_type = 'fee.fba_fulfilment' THEN c.fuel END AS amount_fuel,
  CASE WHEN s.fee_type = 'fee.fba_fulfilment' THEN c.low_inventory END AS amount_low_inventory,
  s.units_expected,
  s.rate_expected,
  s.units_expected * s.rate_expected AS amount_estimated,
  s.estimate_source,
  CASE
    WHEN d.day IS NULL AND s.rate_expected IS NULL
    THEN 'incomplete'
    WHEN d.day IS NULL OR d.reported_on < CAST(s.day + INTERVAL '4' DAY AS DATE)
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  LTRIM(
    CASE WHEN d.day IS NULL THEN ', economics' ELSE '' END || CASE WHEN s.units_expected > 0 AND s.rate_expected IS NULL THEN ', rate' ELSE '' END,
    ', '
  ) AS missing
FROM summed AS s
JOIN __source__reference__dot__marketplace__ AS m
  ON m.id = s.marketplace_id
LEFT JOIN charged_days AS d
  ON d.account_id = s.account_id
  AND d.marketplace_id = s.marketplace_id
  AND d.day = s.day
LEFT JOIN components AS c
  ON c.account_id = s.account_id
  AND c.marketplace_id = s.marketplace_id
  AND c.day = s.day
  AND c.sku = s.sku
