-- The newest preview of each marketplace. Previews become longer lists of days, not others.
WITH marketplaces AS (
    SELECT a.account_id, m.id AS marketplace_id
    FROM sellerops_reference.account_setting AS a CROSS JOIN sellerops.marketplace AS m
    WHERE (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR m.id = ANY (%(marketplaces)s))
),
newest AS (
    SELECT f.account_id, max(f.first_day) AS first_day
    FROM amazon_sp.economics_preview_fees AS f
    WHERE f.first_day BETWEEN %(today)s::date - 13 AND %(today)s::date + 2
    GROUP BY f.account_id
)
SELECT f.account_id, f.marketplace_id, f.fee_type_name AS fee, min(f.first_day) AS starts_on, max(f.last_day) AS ends_on,
       count(DISTINCT f.msku) AS skus, f.total_currency_code AS currency, sum(f.total_amount) AS expected
FROM newest AS n
JOIN marketplaces AS s USING (account_id)
JOIN amazon_sp.economics_preview_fees AS f USING (account_id, marketplace_id, first_day)
WHERE f.fee_type_name = ANY (%(fees)s) AND f.total_amount > 0
GROUP BY f.account_id, f.marketplace_id, f.fee_type_name, f.total_currency_code
ORDER BY f.account_id, f.marketplace_id, f.fee_type_name
