SELECT
  s.account_id,
  s.marketplace_id,
  s.day,
  s.currency,
  SUM(s.units) AS units,
  COALESCE(SUM(IF(s.cogs IS NULL, s.units, NULL)), 0) AS units_without_cost,
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
  CASE
    WHEN COUNT(*) = COUNT(s.product_sales_reporting)
    THEN SUM(s.product_sales_reporting)
  END AS product_sales_reporting,
  CASE WHEN COUNT(*) = COUNT(s.cogs_reporting) THEN SUM(s.cogs_reporting) END AS cogs_reporting,
  CASE WHEN COUNT(*) = COUNT(s.cm1_reporting) THEN SUM(s.cm1_reporting) END AS cm1_reporting,
  CASE WHEN COUNT(*) = COUNT(s.ads_reporting) THEN SUM(s.ads_reporting) END AS ads_reporting,
  CASE WHEN COUNT(*) = COUNT(s.cm2_reporting) THEN SUM(s.cm2_reporting) END AS cm2_reporting,
  CASE
    WHEN COUNTIF(s.status = 'incomplete') > 0
    THEN 'incomplete'
    WHEN COUNTIF(s.status = 'estimated') > 0
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  REPLACE(
    TRIM(
      CASE WHEN COUNTIF(s.missing LIKE '%ads%') > 0 THEN 'ads ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%cost%') > 0 THEN 'cost ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%fx_rate%') > 0 THEN 'fx_rate ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%unmapped%') > 0 THEN 'unmapped ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%vat_setting%') > 0 THEN 'vat_setting' ELSE '' END,
      ' '
    ),
    ' ',
    ', '
  ) AS missing
FROM __ref__cash_sku_day__ AS s
GROUP BY
  s.account_id,
  s.marketplace_id,
  s.day,
  s.currency
