WITH settled AS (
  SELECT
    l.account_id,
    l.marketplace_id,
    l.day,
    l.sku,
    l.currency,
    l.pl_line,
    l.level,
    l.amount,
    CASE WHEN l.pl_line = 'revenue.product' THEN COALESCE(l.quantity, 0) ELSE 0 END AS units,
    FALSE AS is_unsettled
  FROM __ref__settlement_line__ AS l
), covers /* The days of each settlement's period, so that a line meets the one or two settlements of its day only. */ AS (
  SELECT
    s.account_id,
    s.currency,
    c.day,
    s.starts_at,
    s.ends_at
  FROM __ref__settlement__ AS s
  INNER JOIN __source__reference__dot__calendar__ AS c
    ON c.day BETWEEN CAST(s.starts_at AS DATE) - INTERVAL '1' DAY AND CAST(s.ends_at AS DATE) + INTERVAL '1' DAY
    AND s.day BETWEEN c.day - INTERVAL '2' DAY AND c.day + INTERVAL '40' DAY
), unsettled /* Released amounts that no settlement covers yet. The payout itself is no line of a settlement. */ AS (
  SELECT
    t.account_id,
    t.marketplace_id,
    t.day,
    t.sku,
    t.currency,
    t.pl_line,
    t.level,
    t.amount,
    CASE
      WHEN t.pl_line = 'revenue.product' AND t.transaction_type = 'Shipment'
      THEN COALESCE(t.quantity, 0)
      ELSE 0
    END AS units,
    TRUE AS is_unsettled
  FROM __ref__transaction_line__ AS t
  LEFT JOIN covers AS s
    ON s.account_id = t.account_id
    AND s.currency = t.currency
    AND s.day = t.day
    AND s.starts_at <= t.posted_at
    AND s.ends_at > t.posted_at
  WHERE
    t.is_counted
    AND NOT t.is_deferred
    AND t.transaction_type <> 'Transfer'
    AND s.day IS NULL
), lines AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.sku,
    s.currency,
    s.pl_line,
    s.level,
    s.amount,
    s.units,
    s.is_unsettled
  FROM settled AS s
  UNION ALL
  SELECT
    u.account_id,
    u.marketplace_id,
    u.day,
    u.sku,
    u.currency,
    u.pl_line,
    u.level,
    u.amount,
    u.units,
    u.is_unsettled
  FROM unsettled AS u
), sums AS (
  SELECT
    l.account_id,
    l.marketplace_id,
    l.day,
    l.sku,
    l.currency,
    SUM(l.units) AS units,
    COALESCE(SUM(IF(l.pl_line = 'revenue.product', l.amount, NULL)), 0) AS product_sales,
    COALESCE(SUM(IF(l.pl_line = 'revenue.shipping', l.amount, NULL)), 0) AS shipping_income,
    COALESCE(SUM(IF(l.pl_line = 'revenue.gift_wrap', l.amount, NULL)), 0) AS gift_wrap_income,
    COALESCE(SUM(IF(l.pl_line = 'revenue.other', l.amount, NULL)), 0) AS other_income,
    COALESCE(SUM(IF(l.level = 'CM1' AND l.pl_line LIKE 'refund.%', l.amount, NULL)), 0) AS refunds,
    COALESCE(SUM(IF(l.level = 'CM1' AND l.pl_line LIKE 'promo.%', l.amount, NULL)), 0) AS promotions,
    COALESCE(SUM(IF(l.pl_line = 'fee.referral', l.amount, NULL)), 0) AS referral_fees,
    COALESCE(SUM(IF(l.pl_line = 'fee.closing', l.amount, NULL)), 0) AS closing_fees,
    COALESCE(SUM(IF(l.pl_line = 'fee.digital_services', l.amount, NULL)), 0) AS digital_services_fees,
    COALESCE(
      SUM(IF(l.pl_line IN ('fee.fba_fulfilment', 'fee.low_inventory'), l.amount, NULL)),
      0
    ) AS fulfilment_fees,
    COALESCE(SUM(IF(l.pl_line = 'fee.fba_return', l.amount, NULL)), 0) AS return_fees,
    COALESCE(SUM(IF(l.pl_line = 'fee.refund_admin', l.amount, NULL)), 0) AS refund_admin_fees,
    COALESCE(
      SUM(
        IF(
          l.pl_line IN ('fee.shipping_chargeback', 'fee.giftwrap_chargeback', 'fee.shipping_holdback'),
          l.amount,
          NULL
        )
      ),
      0
    ) AS chargebacks,
    COALESCE(SUM(IF(l.pl_line = 'cost.merchant_shipping', l.amount, NULL)), 0) AS merchant_shipping,
    COALESCE(SUM(IF(l.pl_line IN ('ads.cost', 'ads.refund'), l.amount, NULL)), 0) AS ads,
    COALESCE(SUM(IF(l.level = 'CM2' AND l.pl_line LIKE 'promo_fee.%', l.amount, NULL)), 0) AS promotion_fees,
    COALESCE(SUM(IF(l.level = 'CM2' AND l.pl_line LIKE 'storage.%', l.amount, NULL)), 0) AS storage,
    COALESCE(SUM(IF(l.level = 'CM2' AND l.pl_line LIKE 'inbound.%', l.amount, NULL)), 0) AS inbound,
    COALESCE(SUM(IF(l.level = 'CM2' AND l.pl_line LIKE 'removal.%', l.amount, NULL)), 0) AS removals,
    COALESCE(SUM(IF(l.pl_line = 'reimbursement.income', l.amount, NULL)), 0) AS reimbursements,
    COALESCE(SUM(IF(l.pl_line = 'reimbursement.clawback', l.amount, NULL)), 0) AS clawbacks,
    COALESCE(SUM(IF(l.level = 'CM1', l.amount, NULL)), 0) AS level_cm1,
    COALESCE(SUM(IF(l.level = 'CM2', l.amount, NULL)), 0) AS level_cm2,
    COALESCE(SUM(IF(l.level = 'OVERHEAD', l.amount, NULL)), 0) AS overhead,
    COALESCE(SUM(IF(l.level = 'TAX' AND l.pl_line <> 'tax.on_fees', l.amount, NULL)), 0) AS level_tax,
    COALESCE(SUM(IF(l.pl_line = 'tax.on_fees', l.amount, NULL)), 0) AS fee_tax,
    COALESCE(SUM(IF(l.level = 'BALANCE', l.amount, NULL)), 0) AS balance,
    COALESCE(SUM(IF(l.level = 'UNMAPPED', l.amount, NULL)), 0) AS unmapped,
    COUNTIF(l.level = 'UNMAPPED') AS unmapped_lines,
    SUM(l.amount) AS total,
    COALESCE(SUM(IF(l.is_unsettled, l.amount, NULL)), 0) AS unsettled
  FROM lines AS l
  GROUP BY
    l.account_id,
    l.marketplace_id,
    l.day,
    l.sku,
    l.currency
), costs AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.sku,
    s.currency,
    ROUND(
      CAST((
        c.manufacturing + COALESCE(c.freight, 0) + COALESCE(c.duty, 0) + COALESCE(c.prep, 0) + COALESCE(c.other, 0)
      ) * x.rate AS BIGNUMERIC),
      6
    ) AS unit_cost,
    x.rate IS NULL AS lacks_rate,
    ROW_NUMBER() OVER (
      PARTITION BY s.account_id, s.marketplace_id, s.day, s.sku, s.currency
      ORDER BY LENGTH(c.marketplace_id) DESC, c.valid_from DESC
    ) AS place
  FROM sums AS s
  INNER JOIN __source__reference__dot__cost__ AS c
    ON c.account_id = s.account_id
    AND c.sku = s.sku
    AND (
      c.marketplace_id = '' OR c.marketplace_id = s.marketplace_id
    )
    AND c.valid_from <= s.day
    AND c.valid_to >= s.day
  LEFT JOIN __source__reference__dot__fx_rate__ AS x
    ON x.day = s.day AND x.from_currency = c.currency AND x.to_currency = s.currency
  WHERE
    s.units > 0
), margins AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.sku,
    s.currency,
    s.units,
    s.product_sales,
    s.shipping_income,
    s.gift_wrap_income,
    s.other_income,
    s.refunds,
    s.promotions,
    s.referral_fees,
    s.closing_fees,
    s.digital_services_fees,
    s.fulfilment_fees,
    s.return_fees,
    s.refund_admin_fees,
    s.chargebacks,
    s.merchant_shipping,
    s.level_cm1 - (
      s.product_sales + s.shipping_income + s.gift_wrap_income + s.other_income + s.refunds + s.promotions + s.referral_fees + s.closing_fees + s.digital_services_fees + s.fulfilment_fees + s.return_fees + s.refund_admin_fees + s.chargebacks + s.merchant_shipping
    ) AS other_cm1,
    CASE
      WHEN s.units = 0
      THEN 0
      ELSE -ROUND(CAST(c.unit_cost * s.units AS BIGNUMERIC), 6)
    END AS cogs,
    s.level_cm1,
    s.ads,
    s.promotion_fees,
    s.storage,
    s.inbound,
    s.removals,
    s.reimbursements,
    s.clawbacks,
    s.level_cm2 - (
      s.ads + s.promotion_fees + s.storage + s.inbound + s.removals + s.reimbursements + s.clawbacks
    ) AS other_cm2,
    CASE WHEN a.vat_on_fees = 'NON_RECOVERABLE' THEN s.fee_tax ELSE 0 END AS tax_on_fees,
    s.level_cm1 + s.level_cm2 + CASE WHEN a.vat_on_fees = 'NON_RECOVERABLE' THEN s.fee_tax ELSE 0 END AS cm2_without_cogs,
    s.overhead,
    s.level_tax + CASE WHEN a.vat_on_fees = 'NON_RECOVERABLE' THEN 0 ELSE s.fee_tax END AS tax,
    s.balance,
    s.unmapped,
    s.total,
    s.unsettled,
    a.reporting_currency,
    x.rate,
    COALESCE(a.ads_paid_by, '') = 'card' AS lacks_ads,
    s.units > 0 AND c.sku IS NULL AS lacks_cost,
    COALESCE(c.lacks_rate, FALSE)
    OR (
      a.reporting_currency IS NOT NULL AND x.rate IS NULL
    ) AS lacks_rate,
    s.unmapped_lines > 0 AS is_unmapped,
    s.fee_tax <> 0 AND COALESCE(a.vat_on_fees, 'UNKNOWN') = 'UNKNOWN' AS lacks_vat_setting
  FROM sums AS s
  LEFT JOIN costs AS c
    ON c.account_id = s.account_id
    AND c.marketplace_id = s.marketplace_id
    AND c.day = s.day
    AND c.sku = s.sku
    AND c.currency = s.currency
    AND c.place = 1
  LEFT JOIN __source__reference__dot__account_setting__ AS a
    ON a.account_id = s.account_id
  LEFT JOIN __source__reference__dot__fx_rate__ AS x
    ON x.day = s.day
    AND x.from_currency = s.currency
    AND x.to_currency = a.reporting_currency
)
SELECT
  m.account_id,
  m.marketplace_id,
  m.day,
  m.sku,
  m.currency,
  m.units,
  m.product_sales,
  m.shipping_income,
  m.gift_wrap_income,
  m.other_income,
  m.refunds,
  m.promotions,
  m.referral_fees,
  m.closing_fees,
  m.digital_services_fees,
  m.fulfilment_fees,
  m.return_fees,
  m.refund_admin_fees,
  m.chargebacks,
  m.merchant_shipping,
  m.other_cm1,
  m.cogs,
  m.level_cm1 + m.cogs AS cm1,
  m.ads,
  m.promotion_fees,
  m.storage,
  m.inbound,
  m.removals,
  m.reimbursements,
  m.clawbacks,
  m.other_cm2,
  m.tax_on_fees,
  m.cm2_without_cogs + m.cogs AS cm2,
  m.cm2_without_cogs,
  m.overhead,
  m.tax,
  m.balance,
  m.unmapped,
  m.total,
  m.unsettled,
  m.reporting_currency,
  ROUND(CAST(m.product_sales * m.rate AS BIGNUMERIC), 6) AS product_sales_reporting,
  ROUND(CAST(m.cogs * m.rate AS BIGNUMERIC), 6) AS cogs_reporting,
  ROUND(CAST((
    m.level_cm1 + m.cogs
  ) * m.rate AS BIGNUMERIC), 6) AS cm1_reporting,
  ROUND(CAST(m.ads * m.rate AS BIGNUMERIC), 6) AS ads_reporting,
  ROUND(CAST((
    m.cm2_without_cogs + m.cogs
  ) * m.rate AS BIGNUMERIC), 6) AS cm2_reporting,
  CASE
    WHEN m.lacks_ads OR m.lacks_cost OR m.lacks_rate OR m.is_unmapped OR m.lacks_vat_setting
    THEN 'incomplete'
    WHEN m.unsettled <> 0
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  REPLACE(
    TRIM(
      CASE WHEN m.lacks_ads THEN 'ads ' ELSE '' END || CASE WHEN m.lacks_cost THEN 'cost ' ELSE '' END || CASE WHEN m.lacks_rate THEN 'fx_rate ' ELSE '' END || CASE WHEN m.is_unmapped THEN 'unmapped ' ELSE '' END || CASE WHEN m.lacks_vat_setting THEN 'vat_setting' ELSE '' END,
      ' '
    ),
    ' ',
    ', '
  ) AS missing
FROM margins AS m
