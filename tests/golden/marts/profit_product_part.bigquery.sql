WITH sums AS (
  SELECT
    p.account_id,
    c.month_first,
    p.part_first,
    p.sku,
    COALESCE(p.reporting_currency, '') AS currency,
    SUM(p.units) AS units,
    SUM(p.returned_units) AS returned_units,
    SUM(p.unknown_sales) AS unknown_sales,
    SUM(p.unknown_selling_fees) AS unknown_selling_fees,
    SUM(p.unknown_fulfilment_fees) AS unknown_fulfilment_fees,
    SUM(p.unknown_cogs) AS unknown_cogs,
    SUM(p.unknown_margin) AS unknown_margin,
    SUM(p.unknown_rate) AS unknown_rate,
    SUM(p.estimated) AS estimated,
    SUM(p.incomplete) AS incomplete,
    SUM(p.missing_ads) AS missing_ads,
    SUM(p.missing_cost) AS missing_cost,
    SUM(p.missing_fees) AS missing_fees,
    SUM(p.missing_fx_rate) AS missing_fx_rate,
    SUM(p.missing_price) AS missing_price,
    SUM(p.missing_storage) AS missing_storage,
    SUM(p.missing_unmapped) AS missing_unmapped,
    SUM(p.missing_vat_setting) AS missing_vat_setting,
    SUM(p.product_sales_reporting) AS product_sales,
    SUM(p.other_income_reporting) AS other_income,
    SUM(p.refunds_reporting) AS refunds,
    SUM(p.promotions_reporting) AS promotions,
    SUM(p.selling_fees_reporting) AS selling_fees,
    SUM(p.fulfilment_fees_reporting) AS fulfilment_fees,
    SUM(p.other_cm1_reporting) AS other_cm1,
    SUM(p.cogs_reporting) AS cogs,
    SUM(p.cm1_reporting) AS cm1,
    SUM(p.ads_reporting) AS ads,
    SUM(p.storage_reporting) AS storage,
    SUM(p.other_cm2_reporting) AS other_cm2,
    SUM(p.cm2_reporting) AS cm2,
    SUM(p.overhead_reporting) AS overhead
  FROM __ref__profit_sku_part__ AS p
  INNER JOIN __source__reference__dot__calendar__ AS c
    ON c.day = p.part_first
  GROUP BY
    p.account_id,
    c.month_first,
    p.part_first,
    p.sku,
    COALESCE(p.reporting_currency, '')
), parts AS (
  SELECT
    s.account_id,
    s.month_first,
    s.part_first
  FROM sums AS s
  GROUP BY
    s.account_id,
    s.month_first,
    s.part_first
)
SELECT
  p.account_id,
  p.part_first,
  s.sku,
  s.currency,
  SUM(s.units) AS units,
  SUM(s.returned_units) AS returned_units,
  SUM(s.unknown_sales) AS unknown_sales,
  SUM(s.unknown_selling_fees) AS unknown_selling_fees,
  SUM(s.unknown_fulfilment_fees) AS unknown_fulfilment_fees,
  SUM(s.unknown_cogs) AS unknown_cogs,
  SUM(s.unknown_margin) AS unknown_margin,
  SUM(s.unknown_rate) AS unknown_rate,
  SUM(s.estimated) AS estimated,
  SUM(s.incomplete) AS incomplete,
  SUM(s.missing_ads) AS missing_ads,
  SUM(s.missing_cost) AS missing_cost,
  SUM(s.missing_fees) AS missing_fees,
  SUM(s.missing_fx_rate) AS missing_fx_rate,
  SUM(s.missing_price) AS missing_price,
  SUM(s.missing_storage) AS missing_storage,
  SUM(s.missing_unmapped) AS missing_unmapped,
  SUM(s.missing_vat_setting) AS missing_vat_setting,
  SUM(s.product_sales) AS product_sales,
  SUM(s.other_income) AS other_income,
  SUM(s.refunds) AS refunds,
  SUM(s.promotions) AS promotions,
  SUM(s.selling_fees) AS selling_fees,
  SUM(s.fulfilment_fees) AS fulfilment_fees,
  SUM(s.other_cm1) AS other_cm1,
  SUM(s.cogs) AS cogs,
  SUM(s.cm1) AS cm1,
  SUM(s.ads) AS ads,
  SUM(s.storage) AS storage,
  SUM(s.other_cm2) AS other_cm2,
  SUM(s.cm2) AS cm2,
  SUM(s.overhead) AS overhead
FROM parts AS p
INNER JOIN sums AS s
  ON s.account_id = p.account_id
  AND s.month_first = p.month_first
  AND s.part_first < p.part_first
GROUP BY
  p.account_id,
  p.part_first,
  s.sku,
  s.currency
