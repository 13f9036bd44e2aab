-- description: "From ordered to paid: product sales of a day's orders, step by step. ordered + all steps = paid."
-- group: money
-- grain: [account_id, marketplace_id, day]
-- partition: [account_id, marketplace_id, day]
-- inputs:
--   order_money: {day: day}
--   amazon_sp.sales_daily_totals: {day: date}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   ordered: {type: decimal, unit: currency, description: "Ordered product sales of the sales and traffic report, as Seller Central shows them."}
--   orders_difference: {type: decimal, unit: currency, description: "Step: difference between that report and the orders."}
--   cancelled: {type: decimal, unit: currency, description: "Step: orders that were cancelled, negative."}
--   pending: {type: decimal, unit: currency, description: "Step: orders whose payment is pending, negative."}
--   not_shipped: {type: decimal, unit: currency, description: "Step: orders that are not shipped yet, negative."}
--   tax_included: {type: decimal, unit: currency, description: "Step: tax inside prices, negative."}
--   shipped: {type: decimal, unit: currency, description: "ordered and the steps so far: product sales of shipped orders, without tax."}
--   not_posted: {type: decimal, unit: currency, description: "Step: shipped, but not posted by Amazon yet, negative."}
--   price_difference: {type: decimal, unit: currency, description: "Step: posted at another amount than ordered."}
--   posted: {type: decimal, unit: currency, description: "shipped and the steps after it: product sales that Amazon posted."}
--   deferred: {type: decimal, unit: currency, description: "Step: posted, but held back by Amazon, negative."}
--   paid: {type: decimal, unit: currency, description: "posted and the step after it: product sales that Amazon released."}
--   promotions_and_fees: {type: decimal, unit: currency, description: "Promotions, fees, shipping income and tax of the released orders."}
--   paid_net: {type: decimal, unit: currency, description: "paid + promotions_and_fees: what the released orders brought."}
--   bridge_error: {type: decimal, unit: currency, description: "paid as summed from transactions, less ordered and all steps: 0.00."}
--   orders: {type: integer, unit: orders, description: "Orders of the day that were not cancelled."}
--   units: {type: integer, unit: units, description: "Units of these orders."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: orders, price, sales; empty: nothing."}
-- tests:
--   steps_add_up:
--     description: Ordered and all steps are what was paid, to the cent.
--     sql: "SELECT t.day, t.bridge_error FROM {{ this }} AS t WHERE t.bridge_error <> 0"
--   paid_as_posted:
--     description: Paid is what the lines of orders say.
--     sql: "SELECT t.day FROM {{ this }} AS t LEFT JOIN (SELECT o.account_id, o.marketplace_id, o.day, SUM(o.product_sales - o.deferred_sales) AS paid FROM {{ ref('order_money') }} AS o GROUP BY o.account_id, o.marketplace_id, o.day) AS s ON s.account_id = t.account_id AND s.marketplace_id = t.marketplace_id AND s.day = t.day WHERE t.paid <> COALESCE(s.paid, 0)"
WITH lines AS (
    -- Each line of an order is in one state; what is left of it after a step goes on to the next.
    SELECT o.account_id, o.marketplace_id, o.day, o.currency, o.order_id, o.units, o.state, o.missing, o.is_estimated,
           COALESCE(o.ordered, 0) AS ordered,
           CASE WHEN o.state IN ('shipped', 'deferred', 'paid') THEN o.ordered_tax ELSE 0 END AS tax,
           -- A line may be posted in part; the rest is shipped later.
           CASE WHEN o.state IN ('deferred', 'paid') THEN o.open_sales ELSE 0 END AS rest,
           o.product_sales,
           o.deferred_sales,
           o.posted_net - o.deferred_net AS released_net
    FROM {{ ref('order_money') }} AS o
),
orders AS (
    SELECT l.account_id, l.marketplace_id, l.day, l.currency,
           SUM(l.ordered) AS ordered,
           -COALESCE(SUM(l.ordered) FILTER (WHERE l.state = 'cancelled'), 0) AS cancelled,
           -COALESCE(SUM(l.ordered) FILTER (WHERE l.state = 'pending'), 0) AS pending,
           -COALESCE(SUM(l.ordered) FILTER (WHERE l.state = 'unshipped'), 0) AS not_shipped,
           -SUM(l.tax) AS tax_included,
           COALESCE(SUM(l.ordered - l.tax) FILTER (WHERE l.state IN ('shipped', 'deferred', 'paid')), 0) AS shipped,
           -COALESCE(SUM(CASE WHEN l.state = 'shipped' THEN l.ordered - l.tax ELSE COALESCE(l.rest, 0) END)
               FILTER (WHERE l.state IN ('shipped', 'deferred', 'paid')), 0) AS not_posted,
           COALESCE(SUM(l.product_sales - (l.ordered - l.tax - COALESCE(l.rest, 0)))
               FILTER (WHERE l.state IN ('deferred', 'paid')), 0) AS price_difference,
           SUM(l.product_sales) AS posted,
           -SUM(l.deferred_sales) AS deferred,
           SUM(l.product_sales) - SUM(l.deferred_sales) AS paid,
           SUM(l.released_net) AS paid_net,
           COUNT(DISTINCT CASE WHEN l.state <> 'cancelled' THEN l.order_id END) AS orders,
           SUM(l.units) AS units,
           COUNT(*) FILTER (WHERE l.missing <> '') AS unpriced,
           COUNT(*) FILTER (WHERE l.state IN ('pending', 'unshipped', 'shipped', 'deferred') OR l.is_estimated) AS open_lines
    FROM lines AS l
    GROUP BY l.account_id, l.marketplace_id, l.day, l.currency
),
reported AS (
    SELECT t.account_id, t.marketplace_id, t.date AS day, m.currency, SUM(t.ordered_product_sales_amount) AS ordered
    FROM {{ source('amazon_sp.sales_daily_totals') }} AS t
    INNER JOIN {{ source('reference.marketplace') }} AS m ON m.id = t.marketplace_id
    GROUP BY t.account_id, t.marketplace_id, t.date, m.currency
),
joined AS (
    SELECT COALESCE(o.account_id, r.account_id) AS account_id,
           COALESCE(o.marketplace_id, r.marketplace_id) AS marketplace_id,
           COALESCE(o.day, r.day) AS day,
           COALESCE(o.currency, r.currency) AS currency,
           COALESCE(r.ordered, o.ordered, 0) AS ordered,
           COALESCE(o.ordered, 0) - COALESCE(r.ordered, o.ordered, 0) AS orders_difference,
           COALESCE(o.cancelled, 0) AS cancelled,
           COALESCE(o.pending, 0) AS pending,
           COALESCE(o.not_shipped, 0) AS not_shipped,
           COALESCE(o.tax_included, 0) AS tax_included,
           COALESCE(o.shipped, 0) AS shipped,
           COALESCE(o.not_posted, 0) AS not_posted,
           COALESCE(o.price_difference, 0) AS price_difference,
           COALESCE(o.posted, 0) AS posted,
           COALESCE(o.deferred, 0) AS deferred,
           COALESCE(o.paid, 0) AS paid,
           COALESCE(o.paid_net, 0) AS paid_net,
           COALESCE(o.orders, 0) AS orders,
           COALESCE(o.units, 0) AS units,
           o.account_id IS NULL AND r.ordered <> 0 AS lacks_orders,
           COALESCE(o.unpriced, 0) > 0 AS lacks_price,
           r.ordered IS NULL AS lacks_report,
           COALESCE(o.open_lines, 0) > 0 AS is_open
    FROM orders AS o
    FULL JOIN reported AS r
        ON r.account_id = o.account_id AND r.marketplace_id = o.marketplace_id AND r.day = o.day AND r.currency = o.currency
)
SELECT j.account_id,
       j.marketplace_id,
       j.day,
       j.currency,
       j.ordered,
       j.orders_difference,
       j.cancelled,
       j.pending,
       j.not_shipped,
       j.tax_included,
       j.shipped,
       j.not_posted,
       j.price_difference,
       j.posted,
       j.deferred,
       j.paid,
       j.paid_net - j.paid AS promotions_and_fees,
       j.paid_net,
       j.paid - (j.ordered + j.orders_difference + j.cancelled + j.pending + j.not_shipped + j.tax_included
                 + j.not_posted + j.price_difference + j.deferred) AS bridge_error,
       j.orders,
       j.units,
       CASE WHEN j.lacks_orders OR j.lacks_price OR j.lacks_report THEN 'incomplete'
            WHEN j.is_open THEN 'estimated'
            ELSE 'complete' END AS status,
       REPLACE(TRIM(CASE WHEN j.lacks_orders THEN 'orders ' ELSE '' END
                    || CASE WHEN j.lacks_price THEN 'price ' ELSE '' END
                    || CASE WHEN j.lacks_report THEN 'sales' ELSE '' END), ' ', ', ') AS missing
FROM joined AS j
