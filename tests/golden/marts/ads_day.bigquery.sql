WITH measured AS (
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date AS day,
    'SP' AS ad_product,
    CASE
      WHEN COALESCE(p.advertised_sku, 'none') IN ('', 'none')
      THEN NULL
      ELSE p.advertised_sku
    END AS sku,
    p.advertised_asin AS asin,
    p.currency_code AS currency,
    COALESCE(p.impressions, 0) AS impressions,
    COALESCE(p.clicks, 0) AS clicks,
    COALESCE(p.cost, 0) AS spend,
    0 AS spend_spread,
    COALESCE(p.attributed_sales_same_sku_7d, 0) AS same_sku_sales,
    0 AS halo_sales,
    COALESCE(p.sales_7d, 0) AS attributed_sales,
    COALESCE(p.units_sold_same_sku_7d, 0) AS ad_units
  FROM __source__amazon_ads__dot__sp_advertised_products__ AS p
  UNION ALL
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date,
    'SP',
    NULL,
    p.purchased_asin,
    p.currency_code,
    0,
    0,
    0,
    0,
    0,
    COALESCE(p.sales_other_sku_7d, 0),
    0,
    COALESCE(p.units_sold_other_sku_7d, 0)
  FROM __source__amazon_ads__dot__sp_purchased_products__ AS p
  UNION ALL
  SELECT
    b.account_id,
    b.marketplace_id,
    b.day,
    'SB',
    NULL,
    b.asin,
    b.currency,
    COALESCE(b.impressions, 0),
    COALESCE(b.clicks, 0),
    b.spend,
    CASE WHEN b.method IN ('purchases', 'even') THEN b.spend ELSE 0 END,
    0,
    0,
    0,
    0
  FROM __ref__sb_spend_day__ AS b
  WHERE
    b.asin <> ''
  UNION ALL
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date,
    'SB',
    NULL,
    p.purchased_asin,
    p.currency_code,
    0,
    0,
    0,
    0,
    CASE WHEN p.attribution_type = 'Promoted' THEN COALESCE(p.sales_14d, 0) ELSE 0 END,
    CASE WHEN p.attribution_type = 'Promoted' THEN 0 ELSE COALESCE(p.sales_14d, 0) END,
    0,
    COALESCE(p.units_sold_14d, 0)
  FROM __source__amazon_ads__dot__sb_purchased_products__ AS p
  UNION ALL
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date,
    'SD',
    CASE
      WHEN COALESCE(p.promoted_sku, 'none') IN ('', 'none')
      THEN NULL
      ELSE p.promoted_sku
    END,
    p.promoted_asin,
    p.currency_code,
    COALESCE(p.impressions, 0),
    COALESCE(p.clicks, 0),
    COALESCE(p.cost, 0),
    0,
    COALESCE(p.sales, 0),
    0,
    COALESCE(p.sales, 0),
    0
  FROM __source__amazon_ads__dot__sd_advertised_products__ AS p
  UNION ALL
  /* The promoted product's row has the sales of all products: those of others are taken off it ... */
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date,
    'SD',
    CASE
      WHEN COALESCE(p.promoted_sku, 'none') IN ('', 'none')
      THEN NULL
      ELSE p.promoted_sku
    END,
    p.promoted_asin,
    p.currency_code,
    0,
    0,
    0,
    0,
    -COALESCE(p.sales_brand_halo, 0),
    0,
    0,
    0
  FROM __source__amazon_ads__dot__sd_purchased_products__ AS p
  UNION ALL
  /* ... and given to the product that was bought. */
  SELECT
    p.account_id,
    p.marketplace_id,
    p.date,
    'SD',
    NULL,
    p.asin_brand_halo,
    p.currency_code,
    0,
    0,
    0,
    0,
    0,
    COALESCE(p.sales_brand_halo, 0),
    0,
    0
  FROM __source__amazon_ads__dot__sd_purchased_products__ AS p
), named AS (
  SELECT
    m.account_id,
    m.marketplace_id,
    m.day,
    m.ad_product,
    COALESCE(m.sku, k.sku, '') AS sku,
    CASE WHEN COALESCE(m.asin, 'none') IN ('', 'none') THEN '' ELSE m.asin END AS asin,
    m.currency,
    m.impressions,
    m.clicks,
    m.spend,
    m.spend_spread,
    m.same_sku_sales,
    m.halo_sales,
    m.attributed_sales,
    m.ad_units
  FROM measured AS m
  LEFT JOIN __ref__asin_sku_day__ AS k
    ON m.sku IS NULL
    AND k.account_id = m.account_id
    AND k.marketplace_id = m.marketplace_id
    AND k.day = m.day
    AND k.asin = m.asin
), parts AS (
  SELECT
    n.account_id,
    n.marketplace_id,
    n.day,
    n.ad_product,
    n.sku,
    n.asin,
    n.currency,
    n.impressions,
    n.clicks,
    n.spend,
    n.spend_spread,
    n.same_sku_sales + n.halo_sales AS ad_sales,
    n.same_sku_sales,
    n.halo_sales,
    n.attributed_sales,
    n.ad_units
  FROM named AS n
  UNION ALL
  /* What the campaigns have and no row above: the unallocated row. */
  SELECT
    n.account_id,
    n.marketplace_id,
    n.day,
    n.ad_product,
    '',
    '',
    n.currency,
    -n.impressions,
    -n.clicks,
    -n.spend,
    0,
    -(
      n.same_sku_sales + n.halo_sales
    ),
    0,
    0,
    0,
    0
  FROM named AS n
  UNION ALL
  SELECT
    c.account_id,
    c.marketplace_id,
    c.day,
    c.ad_product,
    '',
    '',
    c.currency,
    COALESCE(c.impressions, 0),
    COALESCE(c.clicks, 0),
    COALESCE(c.spend, 0),
    0,
    COALESCE(c.sales, 0),
    0,
    0,
    0,
    0
  FROM __ref__ads_campaign_day__ AS c
), summed AS (
  SELECT
    p.account_id,
    p.marketplace_id,
    p.day,
    p.ad_product,
    p.sku,
    p.asin,
    MAX(p.currency) AS currency,
    SUM(p.impressions) AS impressions,
    SUM(p.clicks) AS clicks,
    SUM(p.spend) AS spend,
    SUM(p.spend_spread) AS spend_spread,
    SUM(p.ad_sales) AS ad_sales,
    SUM(p.same_sku_sales) AS same_sku_sales,
    SUM(p.halo_sales) AS halo_sales,
    SUM(p.attributed_sales) AS attributed_sales,
    SUM(p.ad_units) AS ad_units
  FROM parts AS p
  GROUP BY
    p.account_id,
    p.marketplace_id,
    p.day,
    p.ad_product,
    p.sku,
    p.asin
), states AS (
  SELECT
    c.account_id,
    c.marketplace_id,
    c.day,
    c.ad_product,
    SUM(CASE WHEN c.status = 'incomplete' THEN 1 ELSE 0 END) AS lacking,
    SUM(CASE WHEN c.status = 'estimated' THEN 1 ELSE 0 END) AS unsettled
  FROM __ref__ads_campaign_day__ AS c
  GROUP BY
    c.account_id,
    c.marketplace_id,
    c.day,
    c.ad_product
)
SELECT
  s.account_id,
  s.marketplace_id,
  s.day,
  s.ad_product,
  s.sku,
  s.asin,
  s.currency,
  s.impressions,
  s.clicks,
  s.spend,
  s.spend_spread,
  s.ad_sales,
  s.same_sku_sales,
  s.halo_sales,
  CASE WHEN s.ad_product <> 'SB' THEN s.attributed_sales END AS attributed_sales,
  CASE WHEN s.ad_product <> 'SD' THEN s.ad_units END AS ad_units,
  CASE
    WHEN s.sku = '' OR COALESCE(t.lacking, 1) > 0
    THEN 'incomplete'
    WHEN t.unsettled > 0
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  LTRIM(
    CASE WHEN s.sku = '' AND s.asin = '' THEN ', allocation' ELSE '' END || CASE WHEN COALESCE(t.lacking, 1) > 0 THEN ', campaign_report' ELSE '' END || CASE WHEN s.sku = '' AND s.asin <> '' THEN ', mapping' ELSE '' END,
    ', '
  ) AS missing
FROM summed AS s
LEFT JOIN states AS t
  ON t.account_id = s.account_id
  AND t.marketplace_id = s.marketplace_id
  AND t.day = s.day
  AND t.ad_product = s.ad_product
WHERE
  s.sku <> ''
  OR s.asin <> ''
  OR s.impressions <> 0
  OR s.clicks <> 0
  OR s.spend <> 0
  OR s.ad_sales <> 0
