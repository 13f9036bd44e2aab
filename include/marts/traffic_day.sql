-- description: Sessions, page views, buy box and conversion of each child ASIN and day, as Sales and Traffic reports them.
-- group: daily
-- grain: [account_id, marketplace_id, day, asin]
-- inputs:
--   amazon_sp.sales_daily: {day: date}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day in the marketplace's time zone."}
--   asin: {type: text, description: "Child ASIN."}
--   parent_asin: {type: text, description: "Parent ASIN."}
--   sessions: {type: integer, unit: sessions, description: "Visits that saw the product page."}
--   sessions_browser: {type: integer, unit: sessions, description: "Part of them in a browser."}
--   sessions_app: {type: integer, unit: sessions, description: "Part of them in the mobile app."}
--   sessions_b2b: {type: integer, unit: sessions, description: "Part of them by business customers."}
--   page_views: {type: integer, unit: views, description: "Views of the product page."}
--   page_views_b2b: {type: integer, unit: views, description: "Part of them by business customers."}
--   buy_box_percentage: {type: decimal, unit: percent, description: "Share of page views in which this seller had the buy box."}
--   buy_box_views: {type: decimal, unit: views, description: "Page views with the buy box: page_views x buy_box_percentage. Add these up, never percentages."}
--   units_ordered: {type: integer, unit: units, description: "Units ordered."}
--   order_items: {type: integer, unit: lines, description: "Lines of orders."}
--   units_per_session: {type: decimal, unit: ratio, description: "Conversion: units_ordered / sessions; null without sessions."}
--   orders_per_session: {type: decimal, unit: ratio, description: "order_items / sessions; null without sessions."}
--   status: {type: text, description: "complete; estimated: reported less than three days after the day, traffic may still grow."}
--   missing: {type: text, description: "Always empty: a day that is not reported has no rows."}
SELECT s.account_id,
       s.marketplace_id,
       s.date AS day,
       s.child_asin AS asin,
       s.parent_asin,
       s.sessions,
       s.browser_sessions AS sessions_browser,
       s.mobile_app_sessions AS sessions_app,
       s.sessions_b2b,
       s.page_views,
       s.page_views_b2b,
       s.buy_box_percentage,
       ROUND(s.page_views * s.buy_box_percentage / 100.0, 6) AS buy_box_views,
       s.units_ordered,
       s.total_order_items AS order_items,
       ROUND(CAST(s.units_ordered AS NUMERIC) / NULLIF(s.sessions, 0), 6) AS units_per_session,
       ROUND(CAST(s.total_order_items AS NUMERIC) / NULLIF(s.sessions, 0), 6) AS orders_per_session,
       CASE WHEN CAST(s.reported_at AT TIME ZONE 'UTC' AS DATE) >= CAST(s.date + INTERVAL '3' DAY AS DATE) THEN 'complete'
            ELSE 'estimated' END AS status,
       '' AS missing
FROM {{ source('amazon_sp.sales_daily') }} AS s
