WITH days AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    CASE
      WHEN EXTRACT(DAY FROM s.day) < 9
      THEN c.month_first
      WHEN EXTRACT(DAY FROM s.day) < 17
      THEN CAST(c.month_first + INTERVAL '8' DAY AS DATE)
      WHEN EXTRACT(DAY FROM s.day) < 25
      THEN CAST(c.month_first + INTERVAL '16' DAY AS DATE)
      ELSE CAST(c.month_first + INTERVAL '24' DAY AS DATE)
    END AS part_first,
    s.sku,
    s.currency,
    s.units AS units,
    s.open_units AS open_units,
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
    s.product_sales AS product_sales,
    s.shipping_income + s.gift_wrap_income + s.other_income AS other_income,
    s.refunds AS refunds,
    s.promotions AS promotions,
    s.referral_fees + s.closing_fees + s.digital_services_fees AS selling_fees,
    s.fulfilment_fees AS fulfilment_fees,
    s.return_fees + s.refund_admin_fees + s.chargebacks + s.merchant_shipping + s.other_cm1 AS other_cm1,
    s.cogs + s.cogs_returned AS cogs,
    s.cm1 AS cm1,
    s.ads AS ads,
    s.storage AS storage,
    s.promotion_fees + s.inbound + s.removals + s.reimbursements + s.clawbacks + s.other_cm2 + s.tax_on_fees AS other_cm2,
    s.cm2 AS cm2,
    s.overhead AS overhead,
    s.reporting_currency,
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
)
SELECT
  d.account_id,
  d.marketplace_id,
  d.part_first,
  d.sku,
  d.currency,
  SUM(COALESCE(d.units, 0)) AS units,
  SUM(COALESCE(d.open_units, 0)) AS open_units,
  SUM(COALESCE(d.returned_units, 0)) AS returned_units,
  SUM(COALESCE(d.unknown_sales, 0)) AS unknown_sales,
  SUM(COALESCE(d.unknown_selling_fees, 0)) AS unknown_selling_fees,
  SUM(COALESCE(d.unknown_fulfilment_fees, 0)) AS unknown_fulfilment_fees,
  SUM(COALESCE(d.unknown_cogs, 0)) AS unknown_cogs,
  SUM(COALESCE(d.unknown_margin, 0)) AS unknown_margin,
  SUM(COALESCE(d.unknown_rate, 0)) AS unknown_rate,
  SUM(COALESCE(d.estimated, 0)) AS estimated,
  SUM(COALESCE(d.incomplete, 0)) AS incomplete,
  SUM(COALESCE(d.missing_ads, 0)) AS missing_ads,
  SUM(COALESCE(d.missing_cost, 0)) AS missing_cost,
  SUM(COALESCE(d.missing_fees, 0)) AS missing_fees,
  SUM(COALESCE(d.missing_fx_rate, 0)) AS missing_fx_rate,
  SUM(COALESCE(d.missing_price, 0)) AS missing_price,
  SUM(COALESCE(d.missing_storage, 0)) AS missing_storage,
  SUM(COALESCE(d.missing_unmapped, 0)) AS missing_unmapped,
  SUM(COALESCE(d.missing_vat_setting, 0)) AS missing_vat_setting,
  SUM(COALESCE(d.product_sales, 0)) AS product_sales,
  SUM(COALESCE(d.other_income, 0)) AS other_income,
  SUM(COALESCE(d.refunds, 0)) AS refunds,
  SUM(COALESCE(d.promotions, 0)) AS promotions,
  SUM(COALESCE(d.selling_fees, 0)) AS selling_fees,
  SUM(COALESCE(d.fulfilment_fees, 0)) AS fulfilment_fees,
  SUM(COALESCE(d.other_cm1, 0)) AS other_cm1,
  SUM(COALESCE(d.cogs, 0)) AS cogs,
  SUM(COALESCE(d.cm1, 0)) AS cm1,
  SUM(COALESCE(d.ads, 0)) AS ads,
  SUM(COALESCE(d.storage, 0)) AS storage,
  SUM(COALESCE(d.other_cm2, 0)) AS other_cm2,
  SUM(COALESCE(d.cm2, 0)) AS cm2,
  SUM(COALESCE(d.overhead, 0)) AS overhead,
  MAX(d.reporting_currency) AS reporting_currency,
  SUM(COALESCE(d.product_sales_reporting, 0)) AS product_sales_reporting,
  SUM(COALESCE(d.other_income_reporting, 0)) AS other_income_reporting,
  SUM(COALESCE(d.refunds_reporting, 0)) AS refunds_reporting,
  SUM(COALESCE(d.promotions_reporting, 0)) AS promotions_reporting,
  SUM(COALESCE(d.selling_fees_reporting, 0)) AS selling_fees_reporting,
  SUM(COALESCE(d.fulfilment_fees_reporting, 0)) AS fulfilment_fees_reporting,
  SUM(COALESCE(d.other_cm1_reporting, 0)) AS other_cm1_reporting,
  SUM(COALESCE(d.cogs_reporting, 0)) AS cogs_reporting,
  SUM(COALESCE(d.cm1_reporting, 0)) AS cm1_reporting,
  SUM(COALESCE(d.ads_reporting, 0)) AS ads_reporting,
  SUM(COALESCE(d.storage_reporting, 0)) AS storage_reporting,
  SUM(COALESCE(d.other_cm2_reporting, 0)) AS other_cm2_reporting,
  SUM(COALESCE(d.cm2_reporting, 0)) AS cm2_reporting,
  SUM(COALESCE(d.overhead_reporting, 0)) AS overhead_reporting
FROM days AS d
GROUP BY
  d.account_id,
  d.marketplace_id,
  d.part_first,
  d.sku,
  d.currency
