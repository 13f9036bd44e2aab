-- description: >-
--   SKUs without an ASIN, and, once you have given own numbers, SKUs without one. `sellerops products suggest`
--   proposes rows for the product mapping.
-- group: reference
-- grain: [account_id, sku]
-- partition: [account_id]
-- inputs:
--   product: {}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   sku: {type: text, description: "Your SKU."}
--   asin: {type: text, description: "ASIN, if one is known."}
--   reason: {type: text, description: "`asin`: no report names an ASIN; `own_id`: your product mapping lacks it."}
--   known_since: {type: date, description: "First day on which any report names the SKU."}
--   last_seen: {type: date, description: "Last such day."}
SELECT p.account_id, p.sku, p.asin, CASE WHEN p.asin IS NULL THEN 'asin' ELSE 'own_id' END AS reason, p.known_since, p.last_seen
FROM {{ ref('product') }} AS p
WHERE p.missing = 'mapping'
