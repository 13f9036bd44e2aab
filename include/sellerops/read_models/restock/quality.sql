WITH RECURSIVE marketplace AS (
    (SELECT account_id, marketplace_id FROM sellerops_marts.forecast ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT further.account_id, further.marketplace_id
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT r.account_id, r.marketplace_id FROM sellerops_marts.forecast AS r
        WHERE (r.account_id, r.marketplace_id) > (marketplace.account_id, marketplace.marketplace_id)
        ORDER BY 1, 2 LIMIT 1
    ) AS further
), newest AS MATERIALIZED (
    SELECT marketplace.account_id, max(last.day) AS day
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT max(r.day) AS day FROM sellerops_marts.forecast AS r
        WHERE r.account_id = marketplace.account_id AND r.marketplace_id = marketplace.marketplace_id
    ) AS last
    WHERE %(accounts)s::text[] IS NULL OR marketplace.account_id = ANY (%(accounts)s)
    GROUP BY marketplace.account_id
), known AS (
    SELECT f.class, f.model, f.p50, f.wape, f.poisson_floor, f.baseline_wape, f.mase, f.bias, f.coverage_80,
           f.drift, f.status
    FROM newest AS n
    JOIN marketplace USING (account_id)
    CROSS JOIN LATERAL (
        SELECT one.* FROM sellerops_marts.forecast AS one
        WHERE one.account_id = n.account_id AND one.marketplace_id = marketplace.marketplace_id AND one.day = n.day
        OFFSET 0
    ) AS f
    WHERE (%(marketplaces)s::text[] IS NULL OR f.marketplace_id = ANY (%(marketplaces)s)
           OR f.stock_pool IN (SELECT pool.stock_pool FROM sellerops_reference.stock_pool AS pool
                               WHERE pool.marketplace_id = ANY (%(marketplaces)s)))
)
SELECT class AS demand_class, count(*) AS skus, count(p50) AS forecast_skus,
       count(*) FILTER (WHERE drift) AS drifting_skus,
       count(*) FILTER (WHERE status = 'incomplete') AS refused_skus,
       count(*) FILTER (WHERE model = 'quantile_trees') AS tree_skus,
       (sum(wape * p50) / nullif(sum(p50) FILTER (WHERE wape IS NOT NULL), 0)) AS wape,
       (sum(poisson_floor * p50) / nullif(sum(p50) FILTER (WHERE poisson_floor IS NOT NULL), 0)) AS poisson_floor,
       (sum(baseline_wape * p50) / nullif(sum(p50) FILTER (WHERE baseline_wape IS NOT NULL), 0)) AS baseline_wape,
       (sum(bias * p50) / nullif(sum(p50) FILTER (WHERE bias IS NOT NULL), 0)) AS bias,
       max(coverage_80) AS coverage_80
FROM known
GROUP BY class
ORDER BY count(*) DESC, class
