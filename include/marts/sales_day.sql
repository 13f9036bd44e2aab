-- description: >-
--   What was ordered of each SKU on each day of the marketplace's calendar, from the orders, beside what Sales and
--   Traffic reports for it. Orders that do not name one of your marketplaces (multi-channel fulfilment) are no sales.
--   Only the orders of the day and its neighbours are read: a pending order without a price is estimated from the last
--   priced order of its SKU since the day before, else from the price of its newest listing.
-- group: daily
-- grain: [account_id, marketplace_id, day, sku]
-- inputs:
--   amazon_sp.all_orders: {moment: purchase_date}
--   amazon_sp.listings_all: {moment: snapshot_at, before: 1}
--   amazon_sp.sales_daily_by_sku: {day: date}
--   amazon_sp.sales_daily: {day: date}
--   amazon_sp.economics: {day: date}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone."}
--   sku: {type: text, description: "Seller's SKU; empty: units that Sales and Traffic reports for ASINs whose SKU is not known."}
--   asin: {type: text, description: "ASIN."}
--   currency: {type: text, description: "Currency of the marketplace, and of all amounts."}
--   orders: {type: integer, unit: orders, description: "Orders with the SKU, cancelled lines left out."}
--   units_ordered: {type: integer, unit: units, description: "Units ordered and not cancelled since, pending ones included."}
--   units_pending: {type: integer, unit: units, description: "Part of them in orders that are still pending."}
--   units_shipped: {type: integer, unit: units, description: "Part of them that has been shipped by now, on whichever day."}
--   units_b2b: {type: integer, unit: units, description: "Part of them bought by business customers."}
--   units_fba: {type: integer, unit: units, description: "Part of them that Amazon fulfils."}
--   units_cancelled: {type: integer, unit: units, description: "Units of cancelled lines, as reported: Amazon usually sets them to 0."}
--   lines_cancelled: {type: integer, unit: lines, description: "Cancelled lines of orders."}
--   sales_ordered: {type: decimal, unit: currency, description: "Item prices of the units ordered, estimates of pending orders included; with tax where list prices include it. Null if a price is unknown."}
--   sales_estimated: {type: decimal, unit: currency, description: "Part of it that is estimated, because Amazon shows no price for a pending order yet."}
--   sales_pending: {type: decimal, unit: currency, description: "Part of it in pending orders."}
--   sales_shipped: {type: decimal, unit: currency, description: "Part of it that has been shipped by now."}
--   sales_b2b: {type: decimal, unit: currency, description: "Part of it from business customers."}
--   shipping: {type: decimal, unit: currency, description: "Shipping paid by customers."}
--   gift_wrap: {type: decimal, unit: currency, description: "Gift wrap paid by customers."}
--   tax: {type: decimal, unit: currency, description: "Tax on items, shipping and gift wrap."}
--   promotion_discounts: {type: decimal, unit: currency, description: "Discounts on items and shipping, negative."}
--   units_refunded: {type: integer, unit: units, description: "Units refunded on this day, whenever they were ordered (Data Kiosk). Null: not reported."}
--   sales_refunded: {type: decimal, unit: currency, description: "Product sales refunded on this day, negative (Data Kiosk). Null: not reported."}
--   reported_units: {type: integer, unit: units, description: "Units ordered by Sales and Traffic: by SKU, or else of the ASIN if one SKU of it was ordered. Null: that day is not reported."}
--   reported_sales: {type: decimal, unit: currency, description: "Ordered product sales by Sales and Traffic."}
--   reported_order_items: {type: integer, unit: lines, description: "Order items by Sales and Traffic."}
--   units_difference: {type: integer, unit: units, description: "reported_units minus units_ordered."}
--   sales_difference: {type: decimal, unit: currency, description: "reported_sales minus sales_ordered."}
--   status: {type: text, description: "complete; estimated: pending orders, or no order shows an update after the day, so that some may be missing; incomplete: orders or a price are missing."}
--   missing: {type: text, description: "economics, orders, price, sales_and_traffic: what has no rows for this marketplace and day (price: for a line)."}
-- tests:
--   parts:
--     description: Pending and shipped units are part of those ordered.
--     sql: SELECT t.sku FROM {{ this }} AS t WHERE t.units_pending + t.units_shipped > t.units_ordered
WITH placed AS (
    SELECT o.account_id, o.marketplace_id, CAST(o.purchase_date AT TIME ZONE m.time_zone AS DATE) AS day,
           CAST(o.purchase_date AT TIME ZONE 'UTC' AS DATE) AS utc_day,
           CAST(o.last_updated_date AT TIME ZONE m.time_zone AS DATE) AS updated_on, m.currency,
           o.amazon_order_id, o.ordinal, o.sku, o.asin, o.purchase_date, COALESCE(o.quantity, 0) AS units,
           o.item_price, o.item_tax, o.shipping_price, o.shipping_tax, o.gift_wrap_price, o.gift_wrap_tax,
           o.item_promotion_discount, o.ship_promotion_discount,
           COALESCE(o.order_status, '') = 'Cancelled' OR COALESCE(o.item_status, '') = 'Cancelled' AS is_cancelled,
           COALESCE(o.order_status, '') = 'Pending' AS is_pending,
           COALESCE(o.order_status, '') LIKE 'Shipped%' OR COALESCE(o.item_status, '') = 'Shipped' AS is_shipped,
           COALESCE(o.is_business_order, '') IN ('true', 'True', 'TRUE') AS is_b2b,
           COALESCE(o.fulfillment_channel, '') IN ('Amazon', 'AFN') AS is_fba
    FROM {{ source('amazon_sp.all_orders') }} AS o
    JOIN {{ source('reference.marketplace') }} AS m ON m.id = o.marketplace_id
    WHERE o.purchase_date IS NOT NULL
),
unpriced AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.amazon_order_id, p.ordinal, p.sku, p.asin, p.purchase_date, p.units
    FROM placed AS p
    WHERE p.item_price IS NULL AND NOT p.is_cancelled AND p.units > 0
),
prices AS (
    SELECT u.account_id, u.amazon_order_id, u.ordinal, u.sku, u.asin, 1 AS rank_of_source, p.purchase_date AS known_at,
           ROUND(p.item_price / NULLIF(p.units, 0), 6) AS price
    FROM unpriced AS u
    JOIN placed AS p ON p.account_id = u.account_id AND p.marketplace_id = u.marketplace_id AND p.sku = u.sku
    WHERE p.item_price IS NOT NULL AND NOT p.is_cancelled AND p.units > 0 AND p.purchase_date <= u.purchase_date
      AND p.utc_day >= CAST(u.day - INTERVAL '1' DAY AS DATE)
    UNION ALL
    SELECT u.account_id, u.amazon_order_id, u.ordinal, u.sku, u.asin, 2, l.snapshot_at, l.price
    FROM unpriced AS u
    JOIN {{ source('amazon_sp.listings_all') }} AS l
      ON l.account_id = u.account_id AND l.marketplace_id = u.marketplace_id AND l.seller_sku = u.sku
    WHERE l.price IS NOT NULL
      AND CAST(l.snapshot_at AT TIME ZONE 'UTC' AS DATE) >= CAST(u.day - INTERVAL '2' DAY AS DATE)
      AND CAST(l.snapshot_at AT TIME ZONE 'UTC' AS DATE) <= CAST(u.day + INTERVAL '1' DAY AS DATE)
),
ranked AS (
    SELECT r.account_id, r.amazon_order_id, r.ordinal, r.sku, r.asin, r.price,
           ROW_NUMBER() OVER (
               PARTITION BY r.account_id, r.amazon_order_id, r.ordinal, r.sku, r.asin
               ORDER BY r.rank_of_source, r.known_at DESC, r.price DESC
           ) AS place
    FROM prices AS r
),
priced AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.amazon_order_id, p.sku, p.asin, p.is_cancelled, p.is_pending,
           p.is_shipped, p.is_b2b, p.is_fba, p.units,
           CASE WHEN p.is_cancelled THEN 0
                WHEN p.item_price IS NOT NULL THEN p.item_price
                WHEN p.units = 0 THEN 0
                ELSE ROUND(r.price * p.units, 2) END AS sales,
           p.item_price IS NULL AND NOT p.is_cancelled AND p.units > 0 AS is_estimated,
           COALESCE(p.shipping_price, 0) AS shipping,
           COALESCE(p.gift_wrap_price, 0) AS gift_wrap,
           COALESCE(p.item_tax, 0) + COALESCE(p.shipping_tax, 0) + COALESCE(p.gift_wrap_tax, 0) AS tax,
           COALESCE(p.item_promotion_discount, 0) + COALESCE(p.ship_promotion_discount, 0) AS discount
    FROM placed AS p
    LEFT JOIN ranked AS r
      ON r.account_id = p.account_id AND r.amazon_order_id = p.amazon_order_id AND r.ordinal = p.ordinal
     AND r.sku = p.sku AND r.asin = p.asin AND r.place = 1
),
ordered AS (
    SELECT o.account_id, o.marketplace_id, o.day, o.sku, MAX(o.asin) AS asin,
           COUNT(DISTINCT CASE WHEN NOT o.is_cancelled THEN o.amazon_order_id END) AS orders,
           SUM(CASE WHEN o.is_cancelled THEN 0 ELSE o.units END) AS units_ordered,
           SUM(CASE WHEN o.is_pending AND NOT o.is_cancelled THEN o.units ELSE 0 END) AS units_pending,
           SUM(CASE WHEN o.is_shipped AND NOT o.is_cancelled AND NOT o.is_pending THEN o.units ELSE 0 END) AS units_shipped,
           SUM(CASE WHEN o.is_b2b AND NOT o.is_cancelled THEN o.units ELSE 0 END) AS units_b2b,
           SUM(CASE WHEN o.is_fba AND NOT o.is_cancelled THEN o.units ELSE 0 END) AS units_fba,
           SUM(CASE WHEN o.is_cancelled THEN o.units ELSE 0 END) AS units_cancelled,
           SUM(CASE WHEN o.is_cancelled THEN 1 ELSE 0 END) AS lines_cancelled,
           SUM(CASE WHEN o.sales IS NULL THEN 1 ELSE 0 END) AS lines_without_price,
           SUM(o.sales) AS sales_ordered,
           SUM(CASE WHEN o.is_estimated THEN o.sales ELSE 0 END) AS sales_estimated,
           SUM(CASE WHEN o.is_pending THEN o.sales ELSE 0 END) AS sales_pending,
           SUM(CASE WHEN o.is_shipped AND NOT o.is_pending THEN o.sales ELSE 0 END) AS sales_shipped,
           SUM(CASE WHEN o.is_b2b THEN o.sales ELSE 0 END) AS sales_b2b,
           SUM(CASE WHEN o.is_cancelled THEN 0 ELSE o.shipping END) AS shipping,
           SUM(CASE WHEN o.is_cancelled THEN 0 ELSE o.gift_wrap END) AS gift_wrap,
           SUM(CASE WHEN o.is_cancelled THEN 0 ELSE o.tax END) AS tax,
           -SUM(CASE WHEN o.is_cancelled THEN 0 ELSE o.discount END) AS promotion_discounts
    FROM priced AS o
    GROUP BY o.account_id, o.marketplace_id, o.day, o.sku
),
order_days AS (
    SELECT o.account_id, o.marketplace_id, o.day, MAX(o.updated_on) AS updated_on
    FROM placed AS o
    GROUP BY o.account_id, o.marketplace_id, o.day
),
-- Orders arrive by last update: an order of the day after shows that the day before is complete. Of that day only
-- orders count that a rebuild of the day before reads.
next_days AS (
    SELECT o.account_id, o.marketplace_id, CAST(o.day - INTERVAL '1' DAY AS DATE) AS day
    FROM placed AS o
    WHERE o.utc_day <= o.day
    GROUP BY o.account_id, o.marketplace_id, o.day
),
asins_ordered AS (
    SELECT o.account_id, o.marketplace_id, o.day, o.asin, MAX(o.sku) AS sku
    FROM priced AS o
    GROUP BY o.account_id, o.marketplace_id, o.day, o.asin
    HAVING COUNT(DISTINCT o.sku) = 1
),
days_by_sku AS (
    SELECT s.account_id, s.marketplace_id, s.date AS day
    FROM {{ source('amazon_sp.sales_daily_by_sku') }} AS s
    GROUP BY s.account_id, s.marketplace_id, s.date
),
reported AS (
    SELECT s.account_id, s.marketplace_id, s.date AS day, COALESCE(s.sku, '') AS sku, s.child_asin AS asin,
           COALESCE(s.units_ordered, 0) AS units, COALESCE(s.ordered_product_sales_amount, 0) AS sales,
           COALESCE(s.total_order_items, 0) AS items
    FROM {{ source('amazon_sp.sales_daily_by_sku') }} AS s
    UNION ALL
    SELECT s.account_id, s.marketplace_id, s.date, COALESCE(a.sku, ''), s.child_asin,
           COALESCE(s.units_ordered, 0), COALESCE(s.ordered_product_sales_amount, 0), COALESCE(s.total_order_items, 0)
    FROM {{ source('amazon_sp.sales_daily') }} AS s
    LEFT JOIN days_by_sku AS k
      ON k.account_id = s.account_id AND k.marketplace_id = s.marketplace_id AND k.day = s.date
    LEFT JOIN asins_ordered AS a
      ON a.account_id = s.account_id AND a.marketplace_id = s.marketplace_id AND a.day = s.date
     AND a.asin = s.child_asin
    WHERE k.account_id IS NULL
),
reported_days AS (
    SELECT r.account_id, r.marketplace_id, r.day FROM reported AS r GROUP BY r.account_id, r.marketplace_id, r.day
),
refund_days AS (
    SELECT e.account_id, e.marketplace_id, e.date AS day
    FROM {{ source('amazon_sp.economics') }} AS e
    GROUP BY e.account_id, e.marketplace_id, e.date
),
parts AS (
    SELECT o.account_id, o.marketplace_id, o.day, o.sku, o.asin, o.orders, o.units_ordered, o.units_pending,
           o.units_shipped, o.units_b2b, o.units_fba, o.units_cancelled, o.lines_cancelled, o.lines_without_price, o.sales_ordered,
           o.sales_estimated, o.sales_pending, o.sales_shipped, o.sales_b2b, o.shipping, o.gift_wrap, o.tax,
           o.promotion_discounts, 0 AS units_refunded, 0 AS sales_refunded, 0 AS reported_units, 0 AS reported_sales,
           0 AS reported_items
    FROM ordered AS o
    UNION ALL
    SELECT r.account_id, r.marketplace_id, r.day, r.sku, CASE WHEN r.sku = '' THEN NULL ELSE r.asin END,
           0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, r.units, r.sales, r.items
    FROM reported AS r
    WHERE r.units <> 0 OR r.sales <> 0
    UNION ALL
    SELECT e.account_id, e.marketplace_id, e.date, COALESCE(e.msku, ''), e.child_asin,
           0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
           COALESCE(e.units_refunded, 0), -COALESCE(e.refunded_product_sales_amount, 0), 0, 0, 0
    FROM {{ source('amazon_sp.economics') }} AS e
    WHERE COALESCE(e.units_refunded, 0) <> 0 OR COALESCE(e.refunded_product_sales_amount, 0) <> 0
),
summed AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.sku, MAX(p.asin) AS asin, SUM(p.orders) AS orders,
           SUM(p.units_ordered) AS units_ordered, SUM(p.units_pending) AS units_pending,
           SUM(p.units_shipped) AS units_shipped, SUM(p.units_b2b) AS units_b2b, SUM(p.units_fba) AS units_fba,
           SUM(p.units_cancelled) AS units_cancelled, SUM(p.lines_cancelled) AS lines_cancelled,
           SUM(p.lines_without_price) AS lines_without_price, SUM(p.sales_ordered) AS sales_ordered,
           SUM(p.sales_estimated) AS sales_estimated, SUM(p.sales_pending) AS sales_pending,
           SUM(p.sales_shipped) AS sales_shipped, SUM(p.sales_b2b) AS sales_b2b, SUM(p.shipping) AS shipping,
           SUM(p.gift_wrap) AS gift_wrap, SUM(p.tax) AS tax, SUM(p.promotion_discounts) AS promotion_discounts,
           SUM(p.units_refunded) AS units_refunded, SUM(p.sales_refunded) AS sales_refunded,
           SUM(p.reported_units) AS reported_units, SUM(p.reported_sales) AS reported_sales,
           SUM(p.reported_items) AS reported_items
    FROM parts AS p
    GROUP BY p.account_id, p.marketplace_id, p.day, p.sku
),
known AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.asin, m.currency, d.day IS NOT NULL AS has_orders,
           CASE WHEN d.day IS NOT NULL THEN s.orders END AS orders,
           CASE WHEN d.day IS NOT NULL THEN s.units_ordered END AS units_ordered,
           CASE WHEN d.day IS NOT NULL THEN s.units_pending END AS units_pending,
           CASE WHEN d.day IS NOT NULL THEN s.units_shipped END AS units_shipped,
           CASE WHEN d.day IS NOT NULL THEN s.units_b2b END AS units_b2b,
           CASE WHEN d.day IS NOT NULL THEN s.units_fba END AS units_fba,
           CASE WHEN d.day IS NOT NULL THEN s.units_cancelled END AS units_cancelled,
           CASE WHEN d.day IS NOT NULL THEN s.lines_cancelled END AS lines_cancelled,
           CASE WHEN d.day IS NOT NULL AND s.lines_without_price = 0 THEN s.sales_ordered END AS sales_ordered,
           CASE WHEN d.day IS NOT NULL AND s.lines_without_price = 0 THEN s.sales_estimated END AS sales_estimated,
           CASE WHEN d.day IS NOT NULL AND s.lines_without_price = 0 THEN s.sales_pending END AS sales_pending,
           CASE WHEN d.day IS NOT NULL THEN s.sales_shipped END AS sales_shipped,
           CASE WHEN d.day IS NOT NULL AND s.lines_without_price = 0 THEN s.sales_b2b END AS sales_b2b,
           CASE WHEN d.day IS NOT NULL THEN s.shipping END AS shipping,
           CASE WHEN d.day IS NOT NULL THEN s.gift_wrap END AS gift_wrap,
           CASE WHEN d.day IS NOT NULL THEN s.tax END AS tax,
           CASE WHEN d.day IS NOT NULL THEN s.promotion_discounts END AS promotion_discounts,
           CASE WHEN f.day IS NOT NULL THEN s.units_refunded END AS units_refunded,
           CASE WHEN f.day IS NOT NULL THEN s.sales_refunded END AS sales_refunded,
           CASE WHEN r.day IS NOT NULL THEN s.reported_units END AS reported_units,
           CASE WHEN r.day IS NOT NULL THEN s.reported_sales END AS reported_sales,
           CASE WHEN r.day IS NOT NULL THEN s.reported_items END AS reported_order_items,
           s.lines_without_price > 0 AS lacks_price,
           n.day IS NULL AND COALESCE(d.updated_on, s.day) <= s.day AS is_running,
           f.day IS NULL AS lacks_economics, r.day IS NULL AS lacks_reported
    FROM summed AS s
    JOIN {{ source('reference.marketplace') }} AS m ON m.id = s.marketplace_id
    LEFT JOIN order_days AS d
      ON d.account_id = s.account_id AND d.marketplace_id = s.marketplace_id AND d.day = s.day
    LEFT JOIN next_days AS n
      ON n.account_id = s.account_id AND n.marketplace_id = s.marketplace_id AND n.day = s.day
    LEFT JOIN reported_days AS r
      ON r.account_id = s.account_id AND r.marketplace_id = s.marketplace_id AND r.day = s.day
    LEFT JOIN refund_days AS f
      ON f.account_id = s.account_id AND f.marketplace_id = s.marketplace_id AND f.day = s.day
)
SELECT k.account_id, k.marketplace_id, k.day, k.sku, k.asin, k.currency, k.orders, k.units_ordered, k.units_pending,
       k.units_shipped, k.units_b2b, k.units_fba, k.units_cancelled, k.lines_cancelled, k.sales_ordered, k.sales_estimated,
       k.sales_pending, k.sales_shipped, k.sales_b2b, k.shipping, k.gift_wrap, k.tax, k.promotion_discounts,
       k.units_refunded, k.sales_refunded, k.reported_units, k.reported_sales, k.reported_order_items,
       k.reported_units - k.units_ordered AS units_difference,
       k.reported_sales - k.sales_ordered AS sales_difference,
       CASE WHEN k.lacks_price OR NOT k.has_orders THEN 'incomplete'
            WHEN k.units_pending > 0 OR k.is_running THEN 'estimated'
            ELSE 'complete' END AS status,
       LTRIM(CASE WHEN k.lacks_economics THEN ', economics' ELSE '' END
             || CASE WHEN k.has_orders THEN '' ELSE ', orders' END
             || CASE WHEN k.lacks_price THEN ', price' ELSE '' END
             || CASE WHEN k.lacks_reported THEN ', sales_and_traffic' ELSE '' END, ', ') AS missing
FROM known AS k
