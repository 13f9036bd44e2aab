-- description: Item prices of shipped orders against the principal that settlements pay for them, by day of purchase.
-- inputs: [amazon_sp.all_orders, amazon_sp.settlements]
-- unit: money
-- tolerance: {absolute: 0}
-- holds_after: 0d        # only settled orders are compared
-- look_back: 60d
-- severity: partial_failure
WITH settled AS (
    SELECT s.account_id, s.order_id, s.sku, array_agg(DISTINCT s.load_id) AS loads,
           sum(s.amount) FILTER (WHERE s.amount_description = 'Principal') AS principal,
           sum(s.amount) FILTER (WHERE s.amount_description = 'Tax') AS tax
    FROM amazon_sp.settlements AS s
    WHERE s.transaction_type = 'Order' AND s.amount_type = 'ItemPrice'
      AND s.amount_description IN ('Principal', 'Tax')
    GROUP BY 1, 2, 3
),
ordered AS (
    SELECT o.account_id, o.marketplace_id, o.amazon_order_id, o.sku, m.currency,
           (min(o.purchase_date) AT TIME ZONE m.timezone)::date AS day, sum(o.item_price) AS price
    FROM amazon_sp.all_orders AS o JOIN marketplace AS m ON m.id = o.marketplace_id
    WHERE o.purchase_date >= %(first_day)s::date - 1 AND o.purchase_date < %(last_day)s::date + 2
      AND o.order_status = 'Shipped' AND o.item_price IS NOT NULL
    GROUP BY o.account_id, o.marketplace_id, o.amazon_order_id, o.sku, m.currency, m.timezone
)
SELECT o.account_id, o.marketplace_id, o.day, sum(o.price) FILTER (WHERE s.order_id IS NOT NULL) AS left_value,
       -- Where prices include tax, a settlement lists price and tax separately; in the US and Canada tax is added on top.
       sum(coalesce(s.principal, 0) + CASE WHEN o.currency IN ('USD', 'CAD') THEN 0 ELSE coalesce(s.tax, 0) END)
           FILTER (WHERE s.order_id IS NOT NULL) AS right_value,
       jsonb_build_object(
           'order_lines', count(*) FILTER (WHERE s.order_id IS NOT NULL),
           'not_settled_yet', count(*) FILTER (WHERE s.order_id IS NULL),
           'orders_off', (array_agg(DISTINCT o.amazon_order_id) FILTER (
               WHERE s.order_id IS NOT NULL AND o.price IS DISTINCT FROM coalesce(s.principal, 0)
                   + CASE WHEN o.currency IN ('USD', 'CAD') THEN 0 ELSE coalesce(s.tax, 0) END))[1:5]
       ) AS evidence
FROM ordered AS o
LEFT JOIN settled AS s ON (s.account_id, s.order_id, s.sku) = (o.account_id, o.amazon_order_id, o.sku)
WHERE o.day BETWEEN %(first_day)s AND %(last_day)s
GROUP BY o.account_id, o.marketplace_id, o.day
