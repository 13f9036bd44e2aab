SELECT account_id,
       marketplace_id,
       min(day) AS first_day,
       max(day) AS last_day
FROM sellerops_marts.profit_day
WHERE marketplace_id IS NOT NULL
  AND marketplace_id <> ''
GROUP BY account_id, marketplace_id
ORDER BY account_id, marketplace_id
