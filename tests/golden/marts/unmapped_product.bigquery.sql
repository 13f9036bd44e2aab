SELECT
  p.account_id,
  p.sku,
  p.asin,
  CASE WHEN p.asin IS NULL THEN 'asin' ELSE 'own_id' END AS reason,
  p.known_since,
  p.last_seen
FROM __ref__product__ AS p
WHERE
  p.missing = 'mapping'
