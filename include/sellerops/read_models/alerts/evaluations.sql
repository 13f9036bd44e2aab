SELECT name, account_id, found, reason, evaluated_at
FROM sellerops.alert_evaluation
WHERE %(accounts)s::text[] IS NULL OR account_id = ANY (%(accounts)s)
ORDER BY name, account_id
