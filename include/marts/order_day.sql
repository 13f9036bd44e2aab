-- description: "The day of each order. Tells which posted amounts belong to a known order."
-- group: money
-- grain: [account_id, marketplace_id, day, order_id]
-- inputs:
--   amazon_sp.all_orders: {moment: purchase_date, zones: own}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone."}
--   order_id: {type: text, description: "Amazon's id of the order."}
SELECT a.account_id, a.marketplace_id, CAST(a.purchase_date AT TIME ZONE m.time_zone AS DATE) AS day, a.amazon_order_id AS order_id
FROM {{ source('amazon_sp.all_orders') }} AS a
INNER JOIN {{ source('reference.marketplace') }} AS m ON m.id = a.marketplace_id
WHERE a.purchase_date IS NOT NULL
GROUP BY a.account_id, a.marketplace_id, CAST(a.purchase_date AT TIME ZONE m.time_zone AS DATE), a.amazon_order_id
