-- description: >-
--   Which order the amounts of a posting day belong to: the one of that number in the 120 days before, if all of its
--   lines are of one marketplace. Postings without such an order have no row.
-- group: money
-- grain: [account_id, marketplace_id, day, order_id]
-- partition: [account_id, day]
-- inputs:
--   transaction_line: {day: day}
--   order_day: {day: day, before: 120, after: 1, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the posting's marketplace; empty: not named."}
--   day: {type: date, description: "Posting day."}
--   order_id: {type: text, description: "Amazon's order number."}
--   order_marketplace_id: {type: text, description: "Marketplace of the order."}
--   order_day: {type: date, description: "Day of the order in its marketplace's time zone."}
SELECT p.account_id, p.marketplace_id, p.day, p.order_id,
       MIN(o.marketplace_id) AS order_marketplace_id, MIN(o.day) AS order_day
FROM (
    SELECT t.account_id, t.marketplace_id, t.day, t.order_id
    FROM {{ ref('transaction_line') }} AS t
    WHERE t.is_counted AND t.transaction_type IN ('Shipment', 'Refund') AND t.order_id <> ''
    GROUP BY t.account_id, t.marketplace_id, t.day, t.order_id
) AS p
INNER JOIN {{ ref('order_day') }} AS o
    ON o.account_id = p.account_id
    AND o.order_id = p.order_id
    AND (p.marketplace_id = '' OR p.marketplace_id = o.marketplace_id)
    AND p.day BETWEEN o.day - INTERVAL '1' DAY AND o.day + INTERVAL '120' DAY
GROUP BY p.account_id, p.marketplace_id, p.day, p.order_id
HAVING MIN(o.marketplace_id) = MAX(o.marketplace_id)
