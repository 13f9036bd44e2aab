WITH sums AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.currency,
    SUM(s.units) AS units,
    COALESCE(SUM(IF(s.cogs IS NULL, s.units, NULL)), 0) AS units_without_cost,
    SUM(s.open_units) AS open_units,
    SUM(s.returned_units) AS returned_units,
    CASE WHEN COUNT(*) = COUNT(s.product_sales) THEN SUM(s.product_sales) END AS product_sales,
    CASE WHEN COUNT(*) = COUNT(s.shipping_income) THEN SUM(s.shipping_income) END AS shipping_income,
    CASE WHEN COUNT(*) = COUNT(s.gift_wrap_income) THEN SUM(s.gift_wrap_income) END AS gift_wrap_income,
    CASE WHEN COUNT(*) = COUNT(s.other_income) THEN SUM(s.other_income) END AS other_income,
    CASE WHEN COUNT(*) = COUNT(s.refunds) THEN SUM(s.refunds) END AS refunds,
    CASE WHEN COUNT(*) = COUNT(s.promotions) THEN SUM(s.promotions) END AS promotions,
    CASE WHEN COUNT(*) = COUNT(s.referral_fees) THEN SUM(s.referral_fees) END AS referral_fees,
    CASE WHEN COUNT(*) = COUNT(s.closing_fees) THEN SUM(s.closing_fees) END AS closing_fees,
    CASE
      WHEN COUNT(*) = COUNT(s.digital_services_fees)
      THEN SUM(s.digital_services_fees)
    END AS digital_services_fees,
    CASE WHEN COUNT(*) = COUNT(s.fulfilment_fees) THEN SUM(s.fulfilment_fees) END AS fulfilment_fees,
    CASE WHEN COUNT(*) = COUNT(s.return_fees) THEN SUM(s.return_fees) END AS return_fees,
    CASE WHEN COUNT(*) = COUNT(s.refund_admin_fees) THEN SUM(s.refund_admin_fees) END AS refund_admin_fees,
    CASE WHEN COUNT(*) = COUNT(s.chargebacks) THEN SUM(s.chargebacks) END AS chargebacks,
    CASE WHEN COUNT(*) = COUNT(s.merchant_shipping) THEN SUM(s.merchant_shipping) END AS merchant_shipping,
    CASE WHEN COUNT(*) = COUNT(s.other_cm1) THEN SUM(s.other_cm1) END AS other_cm1,
    CASE WHEN COUNT(*) = COUNT(s.cogs) THEN SUM(s.cogs) END AS cogs,
    CASE WHEN COUNT(*) = COUNT(s.cogs_returned) THEN SUM(s.cogs_returned) END AS cogs_returned,
    CASE WHEN COUNT(*) = COUNT(s.cm1) THEN SUM(s.cm1) END AS cm1,
    CASE WHEN COUNT(*) = COUNT(s.ads) THEN SUM(s.ads) END AS ads,
    CASE WHEN COUNT(*) = COUNT(s.promotion_fees) THEN SUM(s.promotion_fees) END AS promotion_fees,
    CASE WHEN COUNT(*) = COUNT(s.storage) THEN SUM(s.storage) END AS storage,
    CASE WHEN COUNT(*) = COUNT(s.inbound) THEN SUM(s.inbound) END AS inbound,
    CASE WHEN COUNT(*) = COUNT(s.removals) THEN SUM(s.removals) END AS removals,
    CASE WHEN COUNT(*) = COUNT(s.reimbursements) THEN SUM(s.reimbursements) END AS reimbursements,
    CASE WHEN COUNT(*) = COUNT(s.clawbacks) THEN SUM(s.clawbacks) END AS clawbacks,
    CASE WHEN COUNT(*) = COUNT(s.other_cm2) THEN SUM(s.other_cm2) END AS other_cm2,
    CASE WHEN COUNT(*) = COUNT(s.tax_on_fees) THEN SUM(s.tax_on_fees) END AS tax_on_fees,
    CASE WHEN COUNT(*) = COUNT(s.cm2) THEN SUM(s.cm2) END AS cm2,
    CASE WHEN COUNT(*) = COUNT(s.cm2_without_cogs) THEN SUM(s.cm2_without_cogs) END AS cm2_without_cogs,
    SUM(s.overhead) AS overhead,
    SUM(s.tax) AS tax,
    SUM(s.balance) AS balance,
    SUM(s.unmapped) AS unmapped,
    SUM(s.posted) AS posted,
    CASE WHEN COUNT(*) = COUNT(s.estimated_fees) THEN SUM(s.estimated_fees) END AS estimated_fees,
    SUM(s.actual_fees) AS actual_fees,
    CASE WHEN COUNT(*) = COUNT(s.fee_difference) THEN SUM(s.fee_difference) END AS fee_difference,
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
        CASE WHEN COUNTIF(s.missing LIKE '%ads%') > 0 THEN 'ads ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%cost%') > 0 THEN 'cost ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%fees%') > 0 THEN 'fees ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%fx_rate%') > 0 THEN 'fx_rate ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%price%') > 0 THEN 'price ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%storage%') > 0 THEN 'storage ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%unmapped%') > 0 THEN 'unmapped ' ELSE '' END || CASE WHEN COUNTIF(s.missing LIKE '%vat_setting%') > 0 THEN 'vat_setting' ELSE '' END,
        ' '
      ),
      ' ',
      ', '
    ) AS missing
  FROM __ref__profit_sku_day__ AS s
  GROUP BY
    s.account_id,
    s.marketplace_id,
    s.day,
    s.currency
)
SELECT
  s.account_id,
  s.marketplace_id,
  s.day,
  s.currency,
  s.units,
  s.units_without_cost,
  s.open_units,
  s.returned_units,
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
  s.other_cm1,
  s.cogs,
  s.cogs_returned,
  s.cm1,
  s.ads,
  s.promotion_fees,
  s.storage,
  s.inbound,
  s.removals,
  s.reimbursements,
  s.clawbacks,
  s.other_cm2,
  s.tax_on_fees,
  s.cm2,
  s.cm2_without_cogs,
  s.overhead,
  s.cm2 + s.overhead AS profit,
  s.tax,
  s.balance,
  s.unmapped,
  s.posted,
  s.estimated_fees,
  s.actual_fees,
  s.fee_difference,
  s.reporting_currency,
  s.product_sales_reporting,
  s.cogs_reporting,
  s.cm1_reporting,
  s.ads_reporting,
  s.cm2_reporting,
  s.cm2_reporting + ROUND(CAST(s.overhead * x.rate AS BIGNUMERIC), 6) AS profit_reporting,
  s.status,
  s.missing
FROM sums AS s
LEFT JOIN __source__reference__dot__fx_rate__ AS x
  ON x.day = s.day
  AND x.from_currency = s.currency
  AND x.to_currency = s.reporting_currency
