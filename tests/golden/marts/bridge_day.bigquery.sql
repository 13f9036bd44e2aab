WITH lines AS (
  /* Each line of an order is in one state; what is left of it after a step goes on to the next. */
  SELECT
    o.account_id,
    o.marketplace_id,
    o.day,
    o.currency,
    o.order_id,
    o.units,
    o.state,
    o.missing,
    o.is_estimated,
    COALESCE(o.ordered, 0) AS ordered,
    CASE WHEN o.state IN ('shipped', 'deferred', 'paid') THEN o.ordered_tax ELSE 0 END AS tax,
    CASE WHEN o.state IN ('deferred', 'paid') THEN o.open_sales ELSE 0 END AS rest, /* A line may be posted in part; the rest is shipped later. */
    o.product_sales,
    o.deferred_sales,
    o.posted_net - o.deferred_net AS released_net
  FROM __ref__order_money__ AS o
), orders AS (
  SELECT
    l.account_id,
    l.marketplace_id,
    l.day,
    l.currency,
    SUM(l.ordered) AS ordered,
    -COALESCE(SUM(IF(l.state = 'cancelled', l.ordered, NULL)), 0) AS cancelled,
    -COALESCE(SUM(IF(l.state = 'pending', l.ordered, NULL)), 0) AS pending,
    -COALESCE(SUM(IF(l.state = 'unshipped', l.ordered, NULL)), 0) AS not_shipped,
    -SUM(l.tax) AS tax_included,
    COALESCE(SUM(IF(l.state IN ('shipped', 'deferred', 'paid'), l.ordered - l.tax, NULL)), 0) AS shipped,
    -COALESCE(
      SUM(
        IF(
          l.state IN ('shipped', 'deferred', 'paid'),
          CASE WHEN l.state = 'shipped' THEN l.ordered - l.tax ELSE COALESCE(l.rest, 0) END,
          NULL
        )
      ),
      0
    ) AS not_posted,
    COALESCE(
      SUM(
        IF(
          l.state IN ('deferred', 'paid'),
          l.product_sales - (
            l.ordered - l.tax - COALESCE(l.rest, 0)
          ),
          NULL
        )
      ),
      0
    ) AS price_difference,
    SUM(l.product_sales) AS posted,
    -SUM(l.deferred_sales) AS deferred,
    SUM(l.product_sales) - SUM(l.deferred_sales) AS paid,
    SUM(l.released_net) AS paid_net,
    COUNT(DISTINCT CASE WHEN l.state <> 'cancelled' THEN l.order_id END) AS orders,
    SUM(l.units) AS units,
    COUNTIF(l.missing <> '') AS unpriced,
    COUNTIF(l.state IN ('pending', 'unshipped', 'shipped', 'deferred') OR l.is_estimated) AS open_lines
  FROM lines AS l
  GROUP BY
    l.account_id,
    l.marketplace_id,
    l.day,
    l.currency
), reported AS (
  SELECT
    t.account_id,
    t.marketplace_id,
    t.date AS day,
    m.currency,
    SUM(t.ordered_product_sales_amount) AS ordered
  FROM __source__amazon_sp__dot__sales_daily_totals__ AS t
  INNER JOIN __source__reference__dot__marketplace__ AS m
    ON m.id = t.marketplace_id
  GROUP BY
    t.account_id,
    t.marketplace_id,
    t.date,
    m.currency
), joined AS (
  SELECT
    COALESCE(o.account_id, r.account_id) AS account_id,
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
    ON r.account_id = o.account_id
    AND r.marketplace_id = o.marketplace_id
    AND r.day = o.day
    AND r.currency = o.currency
)
SELECT
  j.account_id,
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
  j.paid - (
    j.ordered + j.orders_difference + j.cancelled + j.pending + j.not_shipped + j.tax_included + j.not_posted + j.price_difference + j.deferred
  ) AS bridge_error,
  j.orders,
  j.units,
  CASE
    WHEN j.lacks_orders OR j.lacks_price OR j.lacks_report
    THEN 'incomplete'
    WHEN j.is_open
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  REPLACE(
    TRIM(
      CASE WHEN j.lacks_orders THEN 'orders ' ELSE '' END || CASE WHEN j.lacks_price THEN 'price ' ELSE '' END || CASE WHEN j.lacks_report THEN 'sales' ELSE '' END,
      ' '
    ),
    ' ',
    ', '
  ) AS missing
FROM joined AS j
