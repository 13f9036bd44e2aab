-- description: What ads cost according to economics against the cost of the campaigns, by day and kind of ad.
-- inputs: [amazon_sp.economics, amazon_sp.economics_ads, amazon_ads.sp_campaigns, amazon_ads.sb_campaigns, amazon_ads.sd_campaigns]
-- unit: money
-- tolerance: {absolute: 0.05, relative: 0.02}
-- holds_after: 5d                            # invalid clicks are taken back for three days
-- look_back: 35d
-- severity: partial_failure
WITH spent AS (
    SELECT account_id, marketplace_id, date AS day, 'Sponsored Products' AS kind, cost FROM amazon_ads.sp_campaigns
    UNION ALL SELECT account_id, marketplace_id, date, 'Sponsored Brands', cost FROM amazon_ads.sb_campaigns
    UNION ALL SELECT account_id, marketplace_id, date, 'Sponsored Display', cost FROM amazon_ads.sd_campaigns
),
campaigns AS (
    SELECT account_id, marketplace_id, day, kind, sum(cost) AS cost
    FROM spent WHERE day BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3, 4
),
collected AS (
    SELECT account_id, marketplace_id, date AS day, array_agg(DISTINCT load_id) AS loads
    FROM amazon_sp.economics WHERE date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3
),
told AS (
    SELECT a.account_id, a.marketplace_id, a.date AS day, k.kind, sum(a.total_amount) AS cost
    FROM amazon_sp.economics_ads AS a
    JOIN (VALUES ('Sponsored Products'), ('Sponsored Brands'), ('Sponsored Display')) AS k (kind)
      ON a.ad_type_name ILIKE k.kind || '%%'
    WHERE a.date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3, 4
)
SELECT c.account_id, c.marketplace_id, c.day, c.kind AS subject,
       CASE WHEN l.loads IS NOT NULL THEN coalesce(t.cost, 0) END AS left_value, c.cost AS right_value,
       jsonb_build_object('economics_loads', l.loads) AS evidence
FROM campaigns AS c
LEFT JOIN collected AS l ON (l.account_id, l.marketplace_id, l.day) = (c.account_id, c.marketplace_id, c.day)
LEFT JOIN told AS t ON (t.account_id, t.marketplace_id, t.day, t.kind) = (c.account_id, c.marketplace_id, c.day, c.kind)
