WITH months_with_figures AS (
  SELECT
    m.account_id,
    m.month_first,
    c.year
  FROM __ref__profit_product_month__ AS m
  INNER JOIN __source__reference__dot__calendar__ AS c
    ON c.day = m.month_first
  GROUP BY
    m.account_id,
    m.month_first,
    c.year
), januaries /* The January after every year: pages of a later day need the whole year, whether that January has figures or not. */ AS (
  SELECT
    m.account_id,
    c.day AS month_first,
    m.year AS summed_year
  FROM months_with_figures AS m
  INNER JOIN __source__reference__dot__calendar__ AS c
    ON c.year = m.year + 1 AND c.month = 1 AND c.day = c.month_first
  GROUP BY
    m.account_id,
    c.day,
    m.year
), months AS (
  SELECT
    j.account_id,
    j.month_first,
    j.summed_year
  FROM januaries AS j
  UNION ALL
  /* A January without figures in the year before has nothing to add up. */
  SELECT
    m.account_id,
    m.month_first,
    m.year AS summed_year
  FROM months_with_figures AS m
  INNER JOIN __source__reference__dot__calendar__ AS c
    ON c.day = m.month_first AND c.month > 1
)
SELECT
  m.account_id,
  m.month_first,
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
FROM months AS m
INNER JOIN __ref__profit_product_month__ AS s
  ON s.account_id = m.account_id AND s.month_first < m.month_first
INNER JOIN __source__reference__dot__calendar__ AS c
  ON c.day = s.month_first AND c.year = m.summed_year
GROUP BY
  m.account_id,
  m.month_first,
  s.sku,
  s.currency
