-- description: Clicks and cost of Sponsored Products search terms on the page against the API's, by day.
-- inputs: [seller_portal.sp_search_terms, amazon_ads.sp_search_terms]
-- unit: clicks or money
-- tolerance: {absolute: 1, relative: 0.02}   # clicks are corrected for days
-- holds_after: 3d
-- look_back: 35d
-- severity: partial_failure
WITH page AS (
    SELECT account_id, marketplace_id, date AS day, sum(clicks) AS clicks, sum(spend) AS cost
    FROM seller_portal.sp_search_terms WHERE date BETWEEN %(first_day)s AND %(last_day)s GROUP BY 1, 2, 3
),
api AS (
    SELECT account_id, marketplace_id, date AS day, sum(clicks) AS clicks, sum(cost) AS cost
    FROM amazon_ads.sp_search_terms WHERE date BETWEEN %(first_day)s AND %(last_day)s GROUP BY 1, 2, 3
)
SELECT p.account_id, p.marketplace_id, p.day, f.subject, f.page AS left_value, f.api AS right_value,
       jsonb_build_object('page', 'old Ads console') AS evidence
FROM page AS p
JOIN api AS a ON (a.account_id, a.marketplace_id, a.day) = (p.account_id, p.marketplace_id, p.day)
CROSS JOIN LATERAL (VALUES ('clicks', p.clicks::numeric, a.clicks::numeric), ('cost', p.cost, a.cost))
    AS f (subject, page, api)
