-- description: Clicks and cost of search terms in Unified Reporting against the API's Sponsored Products and Brands, by week and currency.
-- inputs: [seller_portal.search_terms_unified, amazon_ads.sp_search_terms, amazon_ads.sb_search_terms]
-- unit: clicks or money
-- tolerance: {absolute: 1, relative: 0.02}   # clicks are corrected for days
-- holds_after: 7d
-- look_back: 42d
-- severity: partial_failure
WITH page AS (
    SELECT account_id, week, budget_currency AS currency, min(start_date) AS first_day, max(end_date) AS last_day,
           sum(clicks) AS clicks, sum(cost) AS cost
    FROM seller_portal.search_terms_unified WHERE week BETWEEN %(first_day)s AND %(last_day)s GROUP BY 1, 2, 3
),
api AS (
    SELECT account_id, date, currency_code AS currency, clicks, cost FROM amazon_ads.sp_search_terms
    UNION ALL
    SELECT account_id, date, currency_code, clicks, cost FROM amazon_ads.sb_search_terms
),
weeks AS (
    SELECT p.account_id, p.week, p.currency, sum(a.clicks) AS clicks, sum(a.cost) AS cost, count(DISTINCT a.date) AS days
    FROM page AS p
    JOIN api AS a ON a.account_id = p.account_id AND a.currency = p.currency AND a.date BETWEEN p.first_day AND p.last_day
    GROUP BY 1, 2, 3
)
SELECT p.account_id, '' AS marketplace_id, p.week AS day, p.currency || ' ' || f.subject AS subject,
       f.page AS left_value, f.api AS right_value, jsonb_build_object('days_of_the_api', w.days) AS evidence
FROM page AS p
JOIN weeks AS w ON (w.account_id, w.week, w.currency) = (p.account_id, p.week, p.currency)
CROSS JOIN LATERAL (VALUES ('clicks', p.clicks::numeric, w.clicks::numeric), ('cost', p.cost, w.cost))
    AS f (subject, page, api)
