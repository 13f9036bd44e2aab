-- The newest recommendations of each marketplace, if they are at most two weeks old.
WITH marketplaces AS (
    SELECT a.account_id, m.id AS marketplace_id
    FROM sellerops_reference.account_setting AS a CROSS JOIN sellerops.marketplace AS m
    LEFT JOIN sellerops_reference.stock_pool AS pool ON pool.marketplace_id = m.id
    WHERE (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
      -- An order is for the whole stock pool, and has the row of one of its marketplaces.
      AND (%(marketplaces)s::text[] IS NULL OR m.id = ANY (%(marketplaces)s) OR pool.stock_pool IN (
              SELECT chosen.stock_pool FROM sellerops_reference.stock_pool AS chosen
              WHERE chosen.marketplace_id = ANY (%(marketplaces)s)))
),
newest AS (
    SELECT s.account_id, s.marketplace_id, n.day
    FROM marketplaces AS s
    CROSS JOIN LATERAL (
        SELECT r.day FROM sellerops_marts.restock AS r
        WHERE r.account_id = s.account_id AND r.marketplace_id = s.marketplace_id
          AND r.day BETWEEN %(end)s::date - 13 AND %(end)s::date + 1
        ORDER BY r.day DESC LIMIT 1
    ) AS n
),
rates AS MATERIALIZED (
    SELECT f.day, f.from_currency, f.to_currency, CASE WHEN %(in_reporting)s THEN f.rate ELSE 1 END AS rate
    FROM sellerops_reference.fx_rate AS f WHERE f.day IN (SELECT n.day FROM newest AS n)
),
found AS MATERIALIZED (
    SELECT r.account_id, r.marketplace_id, r.day, r.sku, r.supplier, r.order_quantity, r.order_by,
           r.stock_out_on,
           coalesce(CASE WHEN %(in_reporting)s THEN a.reporting_currency ELSE r.currency END, '') AS currency,
           round(r.lost_margin * x.rate, 6) AS lost_margin,
           round(r.cash_needed * x.rate, 6) AS cash_needed,
           round(r.cash_deposit * x.rate, 6) AS cash_deposit,
           r.status,
           CASE WHEN r.missing = '' THEN '[]'::jsonb ELSE to_jsonb(string_to_array(r.missing, ', ')) END
               || CASE WHEN x.rate IS NULL THEN '["fx_rate"]'::jsonb ELSE '[]'::jsonb END AS missing
    FROM newest AS n
    JOIN sellerops_marts.restock AS r USING (account_id, marketplace_id, day)
    JOIN sellerops_reference.account_setting AS a USING (account_id)
    LEFT JOIN rates AS x ON x.day = r.day AND x.from_currency = r.currency AND x.to_currency = a.reporting_currency
    WHERE r.order_status = 'order_now' AND r.order_quantity > 0
),
totals AS (
    SELECT currency, count(*) AS row_count, sum(order_quantity) AS order_quantity,
           sum(cash_needed) AS cash_needed, sum(cash_deposit) AS cash_deposit, sum(lost_margin) AS lost_margin,
           count(*) FILTER (WHERE cash_needed IS NULL) AS without_cash
    FROM found GROUP BY currency ORDER BY currency
)
SELECT (SELECT coalesce(json_agg(r), '[]') FROM (
           SELECT f.*, p.title FROM found AS f
           LEFT JOIN sellerops_marts.product AS p ON p.account_id = f.account_id AND p.sku = f.sku
           ORDER BY {order_by}, account_id, marketplace_id, sku LIMIT %(limit)s OFFSET %(offset)s
       ) AS r) AS rows,
       (SELECT coalesce(json_agg(t), '[]') FROM totals AS t) AS totals,
       (SELECT count(*) FROM found) AS row_count,
       (SELECT CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                    WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END FROM found) AS status,
       ARRAY(SELECT DISTINCT word FROM found, jsonb_array_elements_text(missing) AS word ORDER BY word) AS missing
