-- description: Sessions, page views and buy box share of each child ASIN and day.
-- group: daily
-- grain: [account_id, marketplace_id, day, asin]
-- inputs:
--   amazon_sp.sales_daily: {day: date}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day in the marketplace's time zone."}
--   asin: {type: text, description: "Child ASIN."}
--   sessions: {type: integer, unit: sessions, description: "Visits that saw the product page."}
--   page_views: {type: integer, unit: views, description: "Views of the product page."}
--   buy_box_percentage: {type: decimal, unit: percent, description: "Share of page views in which this seller had the buy box."}
SELECT s.account_id,
       s.marketplace_id,
       s.date AS day,
       s.child_asin AS asin,
       s.sessions,
       s.page_views,
       s.buy_box_percentage
FROM {{ source('amazon_sp.sales_daily') }} AS s
