SELECT
  a.account_id,
  a.marketplace_id,
  a.day,
  a.ad_product,
  a.currency,
  COUNT(*) AS campaigns,
  SUM(a.impressions) AS impressions,
  SUM(a.clicks) AS clicks,
  SUM(a.spend) AS spend,
  COUNT(a.spend) AS known_spend,
  SUM(a.sales) AS sales,
  COUNT(a.sales) AS known_sales,
  SUM(a.orders) AS orders,
  SUM(a.units) AS units,
  MAX(a.window_days) AS window_days,
  CASE MAX(
      CASE WHEN a.status = 'incomplete' THEN 2 WHEN a.status = 'estimated' THEN 1 ELSE 0 END
    )
    WHEN 2
    THEN 'incomplete'
    WHEN 1
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  MAX(a.missing) AS missing
FROM __ref__ads_campaign_day__ AS a
GROUP BY
  a.account_id,
  a.marketplace_id,
  a.day,
  a.ad_product,
  a.currency
