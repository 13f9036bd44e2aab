WITH calls AS (
    SELECT account_id,
           CASE WHEN api LIKE 'ads/%%' THEN 'amazon_ads' ELSE 'amazon_sp' END AS source,
           max(called_at) FILTER (WHERE status BETWEEN 200 AND 399) AS worked_at,
           max(called_at) FILTER (WHERE status = 401 OR error_type = 'LoginRefused') AS refused_at
    FROM sellerops.api_call
    WHERE called_at > sellerops.now() - interval '3 days'
      AND api NOT IN ('lwa', 'documents')
    GROUP BY 1, 2
)
SELECT account_id, source, worked_at, refused_at
FROM calls
ORDER BY account_id, source
