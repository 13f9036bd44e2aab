-- description: >-
--   Spend and attributed sales of each campaign and day, as Amazon Ads reports them: Sponsored Products within 7 days of
--   the click, Sponsored Brands and Display within 14. The campaign report decides; a campaign and day that only the
--   product report has is filled from it.
-- group: daily
-- grain: [account_id, marketplace_id, day, ad_product, campaign_id]
-- inputs:
--   amazon_ads.sp_campaigns: {day: date}
--   amazon_ads.sb_campaigns: {day: date}
--   amazon_ads.sd_campaigns: {day: date}
--   amazon_ads.sp_advertised_products: {day: date}
--   amazon_ads.sd_advertised_products: {day: date}
--   amazon_ads.sb_ads: {day: date}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day in the time zone of the advertising profile; sales are on the day of the click."}
--   ad_product: {type: text, description: "SP, SB or SD: Sponsored Products, Brands, Display."}
--   campaign_id: {type: text, description: "Amazon's id of the campaign."}
--   currency: {type: text, description: "Currency of the profile, and of all amounts."}
--   impressions: {type: integer, unit: impressions, description: "How often its ads were shown."}
--   clicks: {type: integer, unit: clicks, description: "Clicks on its ads."}
--   spend: {type: decimal, unit: currency, description: "Cost of the ads as the console shows it, as a positive amount."}
--   sales: {type: decimal, unit: currency, description: "Sales attributed to the campaign, of whichever of your products was bought. ACOS = spend / sales."}
--   sales_promoted: {type: decimal, unit: currency, description: "Part of it of the products that were advertised."}
--   orders: {type: integer, unit: orders, description: "Orders attributed to the campaign."}
--   units: {type: integer, unit: units, description: "Units in them."}
--   window_days: {type: integer, unit: days, description: "Days after the click in which a purchase counts."}
--   acos: {type: decimal, unit: ratio, description: "spend / sales of this day; null without sales. Over a longer period divide the sums."}
--   status: {type: text, description: "complete: reported at least window_days + 3 days after the day; else estimated, as purchases still come in; incomplete: something is missing."}
--   missing: {type: text, description: "`campaign_report`: the campaign report lacks the campaign on this day."}
WITH reported AS (
    SELECT c.account_id, c.marketplace_id, c.date AS day, 'SP' AS ad_product, c.campaign_id, c.currency_code AS currency,
           1 AS is_campaign, c.impressions, c.clicks, c.cost AS spend, c.sales_7d AS sales,
           c.attributed_sales_same_sku_7d AS sales_promoted, c.purchases_7d AS orders, c.units_sold_clicks_7d AS units,
           7 AS window_days, CAST(c.reported_at AT TIME ZONE 'UTC' AS DATE) AS reported_on
    FROM {{ source('amazon_ads.sp_campaigns') }} AS c
    UNION ALL
    SELECT c.account_id, c.marketplace_id, c.date, 'SB', c.campaign_id, c.currency_code, 1, c.impressions, c.clicks, c.cost,
           c.sales, c.sales_promoted, c.purchases, c.units_sold, 14, CAST(c.reported_at AT TIME ZONE 'UTC' AS DATE)
    FROM {{ source('amazon_ads.sb_campaigns') }} AS c
    UNION ALL
    SELECT c.account_id, c.marketplace_id, c.date, 'SD', c.campaign_id, c.currency_code, 1, c.impressions, c.clicks, c.cost,
           c.sales, c.sales_promoted_clicks, c.purchases, c.units_sold, 14, CAST(c.reported_at AT TIME ZONE 'UTC' AS DATE)
    FROM {{ source('amazon_ads.sd_campaigns') }} AS c
    UNION ALL
    SELECT p.account_id, p.marketplace_id, p.date, 'SP', p.campaign_id, p.currency_code, 0, p.impressions, p.clicks, p.cost,
           p.sales_7d, p.attributed_sales_same_sku_7d, p.purchases_7d, p.units_sold_clicks_7d, 7,
           CAST(p.reported_at AT TIME ZONE 'UTC' AS DATE)
    FROM {{ source('amazon_ads.sp_advertised_products') }} AS p
    UNION ALL
    SELECT p.account_id, p.marketplace_id, p.date, 'SD', p.campaign_id, p.currency_code, 0, p.impressions, p.clicks, p.cost,
           p.sales, p.sales_promoted_clicks, p.purchases, p.units_sold, 14,
           CAST(p.reported_at AT TIME ZONE 'UTC' AS DATE)
    FROM {{ source('amazon_ads.sd_advertised_products') }} AS p
    UNION ALL
    SELECT p.account_id, p.marketplace_id, p.date, 'SB', p.campaign_id, p.currency_code, 0, p.impressions, p.clicks, p.cost,
           p.sales, p.sales_promoted, p.purchases, p.units_sold, 14, CAST(p.reported_at AT TIME ZONE 'UTC' AS DATE)
    FROM {{ source('amazon_ads.sb_ads') }} AS p
),
summed AS (
    SELECT r.account_id, r.marketplace_id, r.day, r.ad_product, r.campaign_id, r.is_campaign, MAX(r.currency) AS currency,
           SUM(r.impressions) AS impressions, SUM(r.clicks) AS clicks, SUM(COALESCE(r.spend, 0)) AS spend,
           SUM(r.sales) AS sales, SUM(r.sales_promoted) AS sales_promoted, SUM(r.orders) AS orders, SUM(r.units) AS units,
           MAX(r.window_days) AS window_days, MAX(r.reported_on) AS reported_on
    FROM reported AS r
    GROUP BY r.account_id, r.marketplace_id, r.day, r.ad_product, r.campaign_id, r.is_campaign
),
chosen AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.ad_product, s.campaign_id, s.is_campaign, s.currency, s.impressions,
           s.clicks, s.spend, s.sales, s.sales_promoted, s.orders, s.units, s.window_days, s.reported_on,
           ROW_NUMBER() OVER (
               PARTITION BY s.account_id, s.marketplace_id, s.day, s.ad_product, s.campaign_id ORDER BY s.is_campaign DESC
           ) AS place
    FROM summed AS s
)
SELECT c.account_id, c.marketplace_id, c.day, c.ad_product, c.campaign_id, c.currency, c.impressions, c.clicks, c.spend,
       c.sales, c.sales_promoted, c.orders, c.units, c.window_days,
       ROUND(c.spend / NULLIF(c.sales, 0), 6) AS acos,
       CASE WHEN c.is_campaign = 0 THEN 'incomplete'
            WHEN c.window_days = 7 AND c.reported_on >= CAST(c.day + INTERVAL '10' DAY AS DATE) THEN 'complete'
            WHEN c.window_days = 14 AND c.reported_on >= CAST(c.day + INTERVAL '17' DAY AS DATE) THEN 'complete'
            ELSE 'estimated' END AS status,
       CASE WHEN c.is_campaign = 0 THEN 'campaign_report' ELSE '' END AS missing
FROM chosen AS c
WHERE c.place = 1
