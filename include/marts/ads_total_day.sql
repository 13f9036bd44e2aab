-- description: >-
--   Spend and attributed sales of all campaigns of an ad product and day: the sums of ads_campaign_day, from which pages
--   add up a year without reading each campaign.
-- group: daily
-- grain: [account_id, marketplace_id, day, ad_product, currency]
-- inputs:
--   ads_campaign_day: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day in the time zone of the advertising profile; sales are on the day of the click."}
--   ad_product: {type: text, description: "SP, SB or SD: Sponsored Products, Brands, Display."}
--   currency: {type: text, description: "Currency of the profile, and of all amounts."}
--   campaigns: {type: integer, unit: campaigns, description: "Campaigns with a row on the day."}
--   impressions: {type: integer, unit: impressions, description: "How often their ads were shown."}
--   clicks: {type: integer, unit: clicks, description: "Clicks on their ads."}
--   spend: {type: decimal, unit: currency, description: "Cost of the ads as the console shows it, as a positive amount; of the campaigns in known_spend."}
--   known_spend: {type: integer, unit: campaigns, description: "Campaigns whose spend is known."}
--   sales: {type: decimal, unit: currency, description: "Sales attributed to the campaigns; of those in known_sales."}
--   known_sales: {type: integer, unit: campaigns, description: "Campaigns whose sales are known."}
--   orders: {type: integer, unit: orders, description: "Orders attributed to the campaigns."}
--   units: {type: integer, unit: units, description: "Units in them."}
--   window_days: {type: integer, unit: days, description: "Days after the click in which a purchase counts; the longest of the campaigns."}
--   status: {type: text, description: "The worst of the campaigns: incomplete, estimated or complete."}
--   missing: {type: text, description: "What any of the campaigns lacks: see ads_campaign_day."}
SELECT a.account_id, a.marketplace_id, a.day, a.ad_product, a.currency, COUNT(*) AS campaigns,
       SUM(a.impressions) AS impressions, SUM(a.clicks) AS clicks, SUM(a.spend) AS spend, COUNT(a.spend) AS known_spend,
       SUM(a.sales) AS sales, COUNT(a.sales) AS known_sales, SUM(a.orders) AS orders, SUM(a.units) AS units,
       MAX(a.window_days) AS window_days,
       CASE MAX(CASE WHEN a.status = 'incomplete' THEN 2 WHEN a.status = 'estimated' THEN 1 ELSE 0 END)
            WHEN 2 THEN 'incomplete' WHEN 1 THEN 'estimated' ELSE 'complete' END AS status,
       MAX(a.missing) AS missing
FROM {{ ref('ads_campaign_day') }} AS a
GROUP BY a.account_id, a.marketplace_id, a.day, a.ad_product, a.currency
