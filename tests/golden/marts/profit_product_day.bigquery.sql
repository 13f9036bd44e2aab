WITH days AS (
  SELECT
    s.account_id,
    CASE
      WHEN EXTRACT(DAY FROM s.day) < 9
      THEN c.month_first
      WHEN EXTRACT(DAY FROM s.day) < 17
      THEN CAST(c.month_first + INTERVAL '8' DAY AS DATE)
      WHEN EXTRACT(DAY FROM s.day) < 25
      THEN CAST(c.month_first + INTERVAL '16' DAY AS DATE)
      ELSE CAST(c.month_first + INTERVAL '24' DAY AS DATE)
    END AS part_first,
    s.day,
    s.sku,
    COALESCE(s.reporting_currency, '') AS currency,
    s.units AS units,
    s.returned_units AS returned_units,
    CASE WHEN s.product_sales IS NULL THEN 1 ELSE 0 END AS unknown_sales,
    CASE WHEN s.referral_fees IS NULL THEN 1 ELSE 0 END AS unknown_selling_fees,
    CASE WHEN s.fulfilment_fees IS NULL THEN 1 ELSE 0 END AS unknown_fulfilment_fees,
    CASE WHEN s.cogs IS NULL THEN 1 ELSE 0 END AS unknown_cogs,
    CASE WHEN s.cm2 IS NULL THEN 1 ELSE 0 END AS unknown_margin,
    CASE WHEN x.rate IS NULL THEN 1 ELSE 0 END AS unknown_rate,
    CASE WHEN s.status = 'estimated' THEN 1 ELSE 0 END AS estimated,
    CASE WHEN s.status = 'incomplete' THEN 1 ELSE 0 END AS incomplete,
    CASE WHEN s.missing LIKE '%ads%' THEN 1 ELSE 0 END AS missing_ads,
    CASE WHEN s.missing LIKE '%cost%' THEN 1 ELSE 0 END AS missing_cost,
    CASE WHEN s.missing LIKE '%fees%' THEN 1 ELSE 0 END AS missing_fees,
    CASE WHEN s.missing LIKE '%fx_rate%' THEN 1 ELSE 0 END AS missing_fx_rate,
    CASE WHEN s.missing LIKE '%price%' THEN 1 ELSE 0 END AS missing_price,
    CASE WHEN s.missing LIKE '%storage%' THEN 1 ELSE 0 END AS missing_storage,
    CASE WHEN s.missing LIKE '%unmapped%' THEN 1 ELSE 0 END AS missing_unmapped,
    CASE WHEN s.missing LIKE '%vat_setting%' THEN 1 ELSE 0 END AS missing_vat_setting,
    s.product_sales_reporting,
    ROUND(
      CAST((
        s.shipping_income + s.gift_wrap_income + s.other_income
      ) * x.rate AS BIGNUMERIC),
      6
    ) AS other_income_reporting,
    ROUND(CAST((
      s.refunds
    ) * x.rate AS BIGNUMERIC), 6) AS refunds_reporting,
    ROUND(CAST((
      s.promotions
    ) * x.rate AS BIGNUMERIC), 6) AS promotions_reporting,
    ROUND(
      CAST((
        s.referral_fees + s.closing_fees + s.digital_services_fees
      ) * x.rate AS BIGNUMERIC),
      6
    ) AS selling_fees_reporting,
    ROUND(CAST((
      s.fulfilment_fees
    ) * x.rate AS BIGNUMERIC), 6) AS fulfilment_fees_reporting,
    ROUND(
      CAST((
        s.return_fees + s.refund_admin_fees + s.chargebacks + s.merchant_shipping + s.other_cm1
      ) * x.rate AS BIGNUMERIC),
      6
    ) AS other_cm1_reporting,
    s.cogs_reporting,
    s.cm1_reporting,
    s.ads_reporting,
    ROUND(CAST((
      s.storage
    ) * x.rate AS BIGNUMERIC), 6) AS storage_reporting,
    ROUND(
      CAST((
        s.promotion_fees + s.inbound + s.removals + s.reimbursements + s.clawbacks + s.other_cm2 + s.tax_on_fees
      ) * x.rate AS BIGNUMERIC),
      6
    ) AS other_cm2_reporting,
    s.cm2_reporting,
    ROUND(CAST((
      s.overhead
    ) * x.rate AS BIGNUMERIC), 6) AS overhead_reporting
  FROM __ref__profit_sku_day__ AS s
  INNER JOIN __source__reference__dot__calendar__ AS c
    ON c.day = s.day
  LEFT JOIN __source__reference__dot__fx_rate__ AS x
    ON x.day = s.day
    AND x.from_currency = s.currency
    AND x.to_currency = s.reporting_currency
), sums AS (
  SELECT
    d.account_id,
    d.part_first,
    d.day,
    d.sku,
    d.currency,
    SUM(d.units) AS units,
    SUM(d.returned_units) AS returned_units,
    SUM(d.unknown_sales) AS unknown_sales,
    SUM(d.unknown_selling_fees) AS unknown_selling_fees,
    SUM(d.unknown_fulfilment_fees) AS unknown_fulfilment_fees,
    SUM(d.unknown_cogs) AS unknown_cogs,
    SUM(d.unknown_margin) AS unknown_margin,
    SUM(d.unknown_rate) AS unknown_rate,
    SUM(d.estimated) AS estimated,
    SUM(d.incomplete) AS incomplete,
    SUM(d.missing_ads) AS missing_ads,
    SUM(d.missing_cost) AS missing_cost,
    SUM(d.missing_fees) AS missing_fees,
    SUM(d.missing_fx_rate) AS missing_fx_rate,
    SUM(d.missing_price) AS missing_price,
    SUM(d.missing_storage) AS missing_storage,
    SUM(d.missing_unmapped) AS missing_unmapped,
    SUM(d.missing_vat_setting) AS missing_vat_setting,
    COALESCE(SUM(d.product_sales_reporting), 0) AS product_sales,
    COALESCE(SUM(d.other_income_reporting), 0) AS other_income,
    COALESCE(SUM(d.refunds_reporting), 0) AS refunds,
    COALESCE(SUM(d.promotions_reporting), 0) AS promotions,
    COALESCE(SUM(d.selling_fees_reporting), 0) AS selling_fees,
    COALESCE(SUM(d.fulfilment_fees_reporting), 0) AS fulfilment_fees,
    COALESCE(SUM(d.other_cm1_reporting), 0) AS other_cm1,
    COALESCE(SUM(d.cogs_reporting), 0) AS cogs,
    COALESCE(SUM(d.cm1_reporting), 0) AS cm1,
    COALESCE(SUM(d.ads_reporting), 0) AS ads,
    COALESCE(SUM(d.storage_reporting), 0) AS storage,
    COALESCE(SUM(d.other_cm2_reporting), 0) AS other_cm2,
    COALESCE(SUM(d.cm2_reporting), 0) AS cm2,
    COALESCE(SUM(d.overhead_reporting), 0) AS overhead
  FROM days AS d
  GROUP BY
    d.account_id,
    d.part_first,
    d.day,
    d.sku,
    d.currency
), business_days /* Days with any figure of the account, and the SKUs that have had one in the part. */ AS (
  SELECT
    s.account_id,
    s.part_first,
    s.day
  FROM sums AS s
  GROUP BY
    s.account_id,
    s.part_first,
    s.day
), part_skus AS (
  SELECT
    s.account_id,
    s.part_first,
    s.sku,
    s.currency,
    MIN(s.day) AS first_day
  FROM sums AS s
  GROUP BY
    s.account_id,
    s.part_first,
    s.sku,
    s.currency
), every AS (
  SELECT
    p.account_id,
    p.part_first,
    b.day,
    p.sku,
    p.currency,
    COALESCE(s.units, 0) AS units,
    COALESCE(s.returned_units, 0) AS returned_units,
    COALESCE(s.unknown_sales, 0) AS unknown_sales,
    COALESCE(s.unknown_selling_fees, 0) AS unknown_selling_fees,
    COALESCE(s.unknown_fulfilment_fees, 0) AS unknown_fulfilment_fees,
    COALESCE(s.unknown_cogs, 0) AS unknown_cogs,
    COALESCE(s.unknown_margin, 0) AS unknown_margin,
    COALESCE(s.unknown_rate, 0) AS unknown_rate,
    COALESCE(s.estimated, 0) AS estimated,
    COALESCE(s.incomplete, 0) AS incomplete,
    COALESCE(s.missing_ads, 0) AS missing_ads,
    COALESCE(s.missing_cost, 0) AS missing_cost,
    COALESCE(s.missing_fees, 0) AS missing_fees,
    COALESCE(s.missing_fx_rate, 0) AS missing_fx_rate,
    COALESCE(s.missing_price, 0) AS missing_price,
    COALESCE(s.missing_storage, 0) AS missing_storage,
    COALESCE(s.missing_unmapped, 0) AS missing_unmapped,
    COALESCE(s.missing_vat_setting, 0) AS missing_vat_setting,
    COALESCE(s.product_sales, 0) AS product_sales,
    COALESCE(s.other_income, 0) AS other_income,
    COALESCE(s.refunds, 0) AS refunds,
    COALESCE(s.promotions, 0) AS promotions,
    COALESCE(s.selling_fees, 0) AS selling_fees,
    COALESCE(s.fulfilment_fees, 0) AS fulfilment_fees,
    COALESCE(s.other_cm1, 0) AS other_cm1,
    COALESCE(s.cogs, 0) AS cogs,
    COALESCE(s.cm1, 0) AS cm1,
    COALESCE(s.ads, 0) AS ads,
    COALESCE(s.storage, 0) AS storage,
    COALESCE(s.other_cm2, 0) AS other_cm2,
    COALESCE(s.cm2, 0) AS cm2,
    COALESCE(s.overhead, 0) AS overhead
  FROM part_skus AS p
  INNER JOIN business_days AS b
    ON b.account_id = p.account_id
    AND b.part_first = p.part_first
    AND b.day >= p.first_day
  LEFT JOIN sums AS s
    ON s.account_id = p.account_id
    AND s.day = b.day
    AND s.sku = p.sku
    AND s.currency = p.currency
)
SELECT
  d.account_id,
  d.part_first,
  d.day,
  d.sku,
  d.currency,
  SUM(d.units) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS units,
  SUM(d.returned_units) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS returned_units,
  SUM(d.unknown_sales) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS unknown_sales,
  SUM(d.unknown_selling_fees) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS unknown_selling_fees,
  SUM(d.unknown_fulfilment_fees) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS unknown_fulfilment_fees,
  SUM(d.unknown_cogs) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS unknown_cogs,
  SUM(d.unknown_margin) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS unknown_margin,
  SUM(d.unknown_rate) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS unknown_rate,
  SUM(d.estimated) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS estimated,
  SUM(d.incomplete) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS incomplete,
  SUM(d.missing_ads) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS missing_ads,
  SUM(d.missing_cost) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS missing_cost,
  SUM(d.missing_fees) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS missing_fees,
  SUM(d.missing_fx_rate) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS missing_fx_rate,
  SUM(d.missing_price) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS missing_price,
  SUM(d.missing_storage) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS missing_storage,
  SUM(d.missing_unmapped) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS missing_unmapped,
  SUM(d.missing_vat_setting) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS missing_vat_setting,
  SUM(d.product_sales) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS product_sales,
  SUM(d.other_income) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS other_income,
  SUM(d.refunds) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS refunds,
  SUM(d.promotions) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS promotions,
  SUM(d.selling_fees) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS selling_fees,
  SUM(d.fulfilment_fees) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS fulfilment_fees,
  SUM(d.other_cm1) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS other_cm1,
  SUM(d.cogs) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS cogs,
  SUM(d.cm1) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS cm1,
  SUM(d.ads) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS ads,
  SUM(d.storage) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS storage,
  SUM(d.other_cm2) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS other_cm2,
  SUM(d.cm2) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS cm2,
  SUM(d.overhead) OVER (
    PARTITION BY d.account_id, d.part_first, d.sku, d.currency
    ORDER BY d.day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS overhead
FROM every AS d
