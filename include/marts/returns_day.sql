-- description: >-
--   Units that customers returned to Amazon's warehouses, by SKU, disposition and reason. Amazon's report does not name
--   the marketplace: it covers all marketplaces of the account. For rates see return_rate_month.
-- group: daily
-- grain: [account_id, day, sku, disposition, reason]
-- partition: [account_id, day]
-- inputs:
--   amazon_sp.fba_customer_returns: {moment: return_date, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   day: {type: date, description: "Day (UTC) on which the return was booked in."}
--   sku: {type: text, description: "Seller's SKU."}
--   asin: {type: text, description: "ASIN."}
--   disposition: {type: text, description: "Amazon's: SELLABLE, CUSTOMER_DAMAGED, DEFECTIVE, ..."}
--   reason: {type: text, description: "Amazon's code of the customer's reason."}
--   is_sellable: {type: boolean, description: "The units went back into stock: their cost is not lost."}
--   units: {type: integer, unit: units, description: "Units returned."}
--   orders: {type: integer, unit: orders, description: "Orders they came from."}
--   status: {type: text, description: "complete; estimated: reported less than three days after the day."}
--   missing: {type: text, description: "Always empty: a day without returns and one that was not collected both have no rows."}
WITH returned AS (
    SELECT r.account_id, CAST(r.return_date AT TIME ZONE 'UTC' AS DATE) AS day, COALESCE(r.sku, '') AS sku, r.asin,
           COALESCE(r.detailed_disposition, '') AS disposition, COALESCE(r.reason, '') AS reason,
           COALESCE(r.quantity, 0) AS units, r.order_id, CAST(r.reported_at AT TIME ZONE 'UTC' AS DATE) AS reported_on
    FROM {{ source('amazon_sp.fba_customer_returns') }} AS r
)
SELECT r.account_id, r.day, r.sku, MAX(r.asin) AS asin, r.disposition, r.reason, r.disposition = 'SELLABLE' AS is_sellable,
       SUM(r.units) AS units, COUNT(DISTINCT r.order_id) AS orders,
       CASE WHEN MAX(r.reported_on) >= CAST(r.day + INTERVAL '3' DAY AS DATE) THEN 'complete' ELSE 'estimated' END AS status,
       '' AS missing
FROM returned AS r
GROUP BY r.account_id, r.day, r.sku, r.disposition, r.reason
