WITH last_days AS (
  /* With any figures: then each SKU of a part has the sum of the part. */
  SELECT
    d.account_id,
    d.part_first,
    MAX(d.day) AS day
  FROM __ref__profit_product_day__ AS d
  GROUP BY
    d.account_id,
    d.part_first
), sums AS (
  SELECT
    d.account_id,
    c.month_first,
    d.part_first,
    d.sku,
    d.currency,
    d.units,
    d.returned_units,
    d.unknown_sales,
    d.unknown_selling_fees,
    d.unknown_fulfilment_fees,
    d.unknown_cogs,
    d.unknown_margin,
    d.unknown_rate,
    d.estimated,
    d.incomplete,
    d.missing_ads,
    d.missing_cost,
    d.missing_fees,
    d.missing_fx_rate,
    d.missing_price,
    d.missing_storage,
    d.missing_unmapped,
    d.missing_vat_setting,
    d.product_sales,
    d.other_income,
    d.refunds,
    d.promotions,
    d.selling_fees,
    d.fulfilment_fees,
    d.other_cm1,
    d.cogs,
    d.cm1,
    d.ads,
    d.storage,
    d.other_cm2,
    d.cm2,
    d.overhead
  FROM last_days AS l
  INNER JOIN __ref__profit_product_day__ AS d
    ON d.account_id = l.account_id AND d.part_first = l.part_first AND d.day = l.day
  INNER JOIN __source__reference__dot__calendar__ AS c
    ON c.day = d.part_first
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
