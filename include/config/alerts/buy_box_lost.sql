-- title: Buy box lost
-- description: A SKU's share of the buy box over the last reported days is far below that of the weeks before.
-- remedy: Compare your price with other offers of the ASIN in Seller Central; look for new sellers.
-- severity: urgent
-- inputs: [traffic_sku_day]
-- thresholds:
--   days: How many of the newest reported days count.
--   least_views: Page views on these days below which the share says nothing.
--   share_now: Share of the buy box, 0 to 1, below which it counts as lost.
--   share_before: Share in the 28 days before above which it was held.
WITH newest AS (
    SELECT account_id, marketplace_id, max(day) AS day FROM sellerops_marts.traffic_sku_day
    WHERE account_id = %(account_id)s GROUP BY 1, 2
),
shares AS (
    SELECT t.account_id, t.marketplace_id, t.sku, n.day,
           sum(t.page_views) FILTER (WHERE t.day > n.day - %(days)s) AS views,
           sum(t.buy_box_views) FILTER (WHERE t.day > n.day - %(days)s)
               / nullif(sum(t.page_views) FILTER (WHERE t.day > n.day - %(days)s), 0) AS share_now,
           sum(t.buy_box_views) FILTER (WHERE t.day <= n.day - %(days)s)
               / nullif(sum(t.page_views) FILTER (WHERE t.day <= n.day - %(days)s), 0) AS share_before
    FROM sellerops_marts.traffic_sku_day AS t
    JOIN newest AS n USING (account_id, marketplace_id)
    WHERE t.day > n.day - %(days)s - 28 AND t.sku <> ''
    GROUP BY 1, 2, 3, 4
)
SELECT account_id, marketplace_id, sku AS subject,
       format('buy box in %%s %%%% of page views until %%s, before in %%s %%%%', round(100 * share_now), day,
              round(100 * share_before)) AS summary,
       e.money_per_day * greatest(share_before - share_now, 0) AS money_per_day, e.currency,
       jsonb_build_object('views', views, 'share_now', round(share_now, 3), 'share_before', round(share_before, 3),
                          'until', day) AS evidence
FROM shares
LEFT JOIN earning AS e USING (marketplace_id, sku)
WHERE views >= %(least_views)s AND share_now < %(share_now)s AND share_before >= %(share_before)s
