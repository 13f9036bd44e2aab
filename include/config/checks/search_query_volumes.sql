-- description: Search query volumes of the brand view against those of the ASIN view, which are the same for a query, marketplace and week.
-- inputs: [seller_portal.search_query_performance_brand_weekly, amazon_sp.search_query_performance_weekly]
-- unit: searches
-- tolerance: {absolute: 0}
-- holds_after: 0d
-- look_back: 42d
-- severity: partial_failure
WITH asins AS (
    SELECT account_id, marketplace_id, start_date, search_query, max(search_query_volume) AS volume
    FROM amazon_sp.search_query_performance_weekly
    WHERE start_date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3, 4
)
SELECT b.account_id, b.marketplace_id, b.start_date AS day, b.brand AS subject, sum(b.search_query_volume) AS left_value,
       sum(a.volume) AS right_value, sum(abs(b.search_query_volume - a.volume)) AS difference,
       jsonb_build_object(
           'queries', count(*),
           'queries_off', (array_agg(b.search_query) FILTER (WHERE b.search_query_volume <> a.volume))[1:5]
       ) AS evidence
FROM seller_portal.search_query_performance_brand_weekly AS b
JOIN asins AS a
  ON (a.account_id, a.marketplace_id, a.start_date, a.search_query)
   = (b.account_id, b.marketplace_id, b.start_date, b.search_query)
WHERE b.start_date BETWEEN %(first_day)s AND %(last_day)s
GROUP BY b.account_id, b.marketplace_id, b.start_date, b.brand
