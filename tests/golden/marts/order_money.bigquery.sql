WITH lines AS (
  SELECT
    o.account_id,
    o.marketplace_id,
    DATE(o.purchase_date, m.time_zone) AS day,
    DATE(o.purchase_date, 'UTC') AS utc_day,
    o.purchase_date,
    m.currency,
    o.amazon_order_id AS order_id,
    o.sku,
    o.asin,
    o.ordinal,
    CASE
      WHEN o.order_status = 'Cancelled' OR o.item_status = 'Cancelled'
      THEN 'cancelled'
      WHEN o.order_status = 'Pending'
      THEN 'pending'
      WHEN o.order_status LIKE 'Shipped%' OR o.item_status = 'Shipped'
      THEN 'shipped'
      ELSE 'unshipped'
    END AS state,
    COALESCE(o.quantity, 0) AS units,
    o.item_price,
    CASE WHEN m.code IN ('US', 'CA') THEN 0 ELSE 1 END AS tax_inside, /* In the United States and Canada tax is added to prices; elsewhere it is inside. */
    o.item_tax,
    CASE
      WHEN o.fulfillment_channel = 'Merchant'
      THEN COALESCE(o.shipping_price, 0) + COALESCE(o.gift_wrap_price, 0) - CASE
        WHEN m.code IN ('US', 'CA')
        THEN 0
        ELSE COALESCE(o.shipping_tax, 0) + COALESCE(o.gift_wrap_tax, 0)
      END
      ELSE 0
    END AS shipping,
    -COALESCE(o.item_promotion_discount, 0) AS promotions
  FROM __source__amazon_sp__dot__all_orders__ AS o
  INNER JOIN __source__reference__dot__marketplace__ AS m
    ON m.id = o.marketplace_id
  WHERE
    o.purchase_date IS NOT NULL
), unpriced AS (
  SELECT
    l.account_id,
    l.marketplace_id,
    l.day,
    l.order_id,
    l.sku,
    l.asin,
    l.ordinal,
    l.purchase_date
  FROM lines AS l
  WHERE
    l.item_price IS NULL AND l.state <> 'cancelled' AND l.units > 0
), tax_shares AS (
  SELECT
    l.account_id,
    l.marketplace_id,
    l.day,
    ROUND(
      CAST(CAST(SUM(l.item_tax) AS BIGNUMERIC) / NULLIF(SUM(l.item_price), 0) AS BIGNUMERIC),
      6
    ) AS tax_share
  FROM lines AS l
  WHERE
    l.item_price IS NOT NULL
    AND l.item_tax IS NOT NULL
    AND l.state <> 'cancelled'
    AND l.units > 0
  GROUP BY
    l.account_id,
    l.marketplace_id,
    l.day
), prices /* As in sales_day: the last price at which the SKU was ordered since the day before, else that of its newest listing. */ AS (
  SELECT
    u.account_id,
    u.order_id,
    u.sku,
    u.asin,
    u.ordinal,
    1 AS rank_of_source,
    p.purchase_date AS known_at,
    ROUND(CAST(CAST(p.item_price AS BIGNUMERIC) / NULLIF(p.units, 0) AS BIGNUMERIC), 6) AS price,
    ROUND(CAST(CAST(p.item_tax AS BIGNUMERIC) / NULLIF(p.units, 0) AS BIGNUMERIC), 6) AS tax
  FROM unpriced AS u
  INNER JOIN lines AS p
    ON p.account_id = u.account_id
    AND p.marketplace_id = u.marketplace_id
    AND p.sku = u.sku
    AND p.purchase_date <= u.purchase_date
    AND p.utc_day >= CAST(u.day - INTERVAL '1' DAY AS DATE)
  WHERE
    p.item_price IS NOT NULL AND p.state <> 'cancelled' AND p.units > 0
  UNION ALL
  SELECT
    u.account_id,
    u.order_id,
    u.sku,
    u.asin,
    u.ordinal,
    2 AS rank_of_source,
    l.snapshot_at AS known_at,
    l.price,
    ROUND(CAST(l.price * s.tax_share AS BIGNUMERIC), 6) AS tax
  FROM unpriced AS u
  INNER JOIN __source__amazon_sp__dot__listings_all__ AS l
    ON l.account_id = u.account_id
    AND l.marketplace_id = u.marketplace_id
    AND l.seller_sku = u.sku
  LEFT JOIN tax_shares AS s
    ON s.account_id = u.account_id
    AND s.marketplace_id = u.marketplace_id
    AND s.day = u.day
  WHERE
    l.price IS NOT NULL
    AND DATE(l.snapshot_at, 'UTC') >= CAST(u.day - INTERVAL '2' DAY AS DATE)
    AND DATE(l.snapshot_at, 'UTC') <= CAST(u.day + INTERVAL '1' DAY AS DATE)
), ranked AS (
  SELECT
    p.account_id,
    p.order_id,
    p.sku,
    p.asin,
    p.ordinal,
    p.price,
    p.tax,
    ROW_NUMBER() OVER (
      PARTITION BY p.account_id, p.order_id, p.sku, p.asin, p.ordinal
      ORDER BY p.rank_of_source, p.known_at DESC, p.price DESC
    ) AS place
  FROM prices AS p
), priced AS (
  SELECT
    l.account_id,
    l.marketplace_id,
    l.day,
    l.currency,
    l.order_id,
    l.sku,
    l.state,
    l.tax_inside,
    CASE WHEN l.state = 'cancelled' THEN 0 ELSE l.units END AS units,
    CASE
      WHEN l.item_price IS NOT NULL
      THEN l.item_price
      WHEN l.state = 'cancelled' OR l.units = 0
      THEN 0
      ELSE ROUND(CAST(p.price * l.units AS BIGNUMERIC), 2)
    END AS ordered,
    l.tax_inside * COALESCE(l.item_tax, ROUND(CAST(p.tax * l.units AS BIGNUMERIC), 2), 0) AS ordered_tax,
    l.item_price IS NULL AND l.state <> 'cancelled' AND l.units > 0 AS is_estimated,
    l.shipping,
    l.promotions
  FROM lines AS l
  LEFT JOIN ranked AS p
    ON p.account_id = l.account_id
    AND p.order_id = l.order_id
    AND p.sku = l.sku
    AND p.asin = l.asin
    AND p.ordinal = l.ordinal
    AND p.place = 1
), ordered AS (
  SELECT
    r.account_id,
    r.marketplace_id,
    r.day,
    r.currency,
    r.order_id,
    r.sku,
    CASE
      WHEN COUNTIF(r.state = 'shipped') > 0
      THEN 'shipped'
      WHEN COUNTIF(r.state = 'unshipped') > 0
      THEN 'unshipped'
      WHEN COUNTIF(r.state = 'pending') > 0
      THEN 'pending'
      ELSE 'cancelled'
    END AS state,
    SUM(r.units) AS units,
    CASE WHEN COUNT(*) = COUNT(r.ordered) THEN SUM(r.ordered) END AS ordered,
    SUM(r.ordered_tax) AS ordered_tax,
    COUNTIF(r.is_estimated) > 0 AS is_estimated,
    SUM(r.shipping) AS shipping,
    SUM(r.promotions) AS promotions
  FROM priced AS r
  GROUP BY
    r.account_id,
    r.marketplace_id,
    r.day,
    r.currency,
    r.order_id,
    r.sku
), posted AS (
  SELECT
    p.account_id,
    p.order_marketplace_id AS marketplace_id,
    p.order_day AS day,
    p.order_id,
    p.sku,
    SUM(p.units) AS units,
    SUM(p.product_sales) AS product_sales,
    SUM(p.shipping_income) AS shipping_income,
    SUM(p.gift_wrap_income) AS gift_wrap_income,
    SUM(p.promotions) AS promotions,
    SUM(p.referral_fees) AS referral_fees,
    SUM(p.closing_fees) AS closing_fees,
    SUM(p.digital_services_fees) AS digital_services_fees,
    SUM(p.fulfilment_fees) AS fulfilment_fees,
    SUM(p.chargebacks) AS chargebacks,
    SUM(p.cm1) AS cm1,
    SUM(p.cm2_only) AS cm2_only,
    SUM(p.tax) AS tax,
    SUM(p.unmapped) AS unmapped,
    SUM(p.net) AS net,
    SUM(p.deferred_sales) AS deferred_sales,
    SUM(p.deferred_net) AS deferred_net
  FROM __ref__posted_order__ AS p
  WHERE
    p.order_day IS NOT NULL
  GROUP BY
    p.account_id,
    p.order_marketplace_id,
    p.order_day,
    p.order_id,
    p.sku
), joined AS (
  SELECT
    COALESCE(o.account_id, p.account_id) AS account_id,
    COALESCE(o.marketplace_id, p.marketplace_id) AS marketplace_id,
    COALESCE(o.day, p.day) AS day,
    COALESCE(o.order_id, p.order_id) AS order_id,
    COALESCE(o.sku, p.sku) AS sku,
    m.currency,
    CASE
      WHEN p.account_id IS NULL
      THEN o.state
      WHEN p.deferred_net <> 0
      THEN 'deferred'
      ELSE 'paid'
    END AS state,
    COALESCE(o.units, 0) AS units,
    COALESCE(p.units, 0) AS posted_units,
    CASE WHEN o.account_id IS NULL THEN 0 ELSE o.ordered END AS ordered,
    COALESCE(o.ordered_tax, 0) AS ordered_tax,
    COALESCE(o.is_estimated, FALSE) AS is_estimated,
    CASE
      WHEN COALESCE(o.units, 0) > COALESCE(p.units, 0)
      THEN o.units - COALESCE(p.units, 0)
      ELSE 0
    END AS open_units,
    COALESCE(o.shipping, 0) AS shipping,
    COALESCE(o.promotions, 0) AS ordered_promotions,
    COALESCE(p.product_sales, 0) AS product_sales,
    COALESCE(p.shipping_income, 0) AS shipping_income,
    COALESCE(p.gift_wrap_income, 0) AS gift_wrap_income,
    COALESCE(p.promotions, 0) AS promotions,
    COALESCE(p.referral_fees, 0) AS referral_fees,
    COALESCE(p.closing_fees, 0) AS closing_fees,
    COALESCE(p.digital_services_fees, 0) AS digital_services_fees,
    COALESCE(p.fulfilment_fees, 0) AS fulfilment_fees,
    COALESCE(p.chargebacks, 0) AS chargebacks,
    COALESCE(p.cm1, 0) AS cm1,
    COALESCE(p.cm2_only, 0) AS cm2_only,
    COALESCE(p.tax, 0) AS tax,
    COALESCE(p.unmapped, 0) AS unmapped,
    COALESCE(p.net, 0) AS posted_net,
    COALESCE(p.deferred_sales, 0) AS deferred_sales,
    COALESCE(p.deferred_net, 0) AS deferred_net
  FROM ordered AS o
  FULL JOIN posted AS p
    ON p.account_id = o.account_id
    AND p.marketplace_id = o.marketplace_id
    AND p.day = o.day
    AND p.order_id = o.order_id
    AND p.sku = o.sku
  INNER JOIN __source__reference__dot__marketplace__ AS m
    ON m.id = COALESCE(o.marketplace_id, p.marketplace_id)
)
SELECT
  j.account_id,
  j.marketplace_id,
  j.day,
  j.order_id,
  j.sku,
  j.currency,
  j.state,
  j.units,
  j.posted_units,
  j.ordered,
  j.ordered_tax,
  j.is_estimated,
  j.open_units,
  CASE
    WHEN j.open_units = 0
    THEN 0
    ELSE ROUND(
      CAST(CAST((
        j.ordered - j.ordered_tax
      ) * j.open_units AS BIGNUMERIC) / NULLIF(j.units, 0) AS BIGNUMERIC),
      6
    )
  END AS open_sales,
  CASE
    WHEN j.open_units = 0
    THEN 0
    ELSE ROUND(
      CAST(CAST(j.shipping * j.open_units AS BIGNUMERIC) / NULLIF(j.units, 0) AS BIGNUMERIC),
      6
    )
  END AS open_shipping,
  CASE
    WHEN j.open_units = 0
    THEN 0
    ELSE ROUND(
      CAST(CAST(j.ordered_promotions * j.open_units AS BIGNUMERIC) / NULLIF(j.units, 0) AS BIGNUMERIC),
      6
    )
  END AS open_promotions,
  j.product_sales,
  j.shipping_income,
  j.gift_wrap_income,
  j.promotions,
  j.referral_fees,
  j.closing_fees,
  j.digital_services_fees,
  j.fulfilment_fees,
  j.chargebacks,
  j.cm1,
  j.cm2_only,
  j.tax,
  j.unmapped,
  j.posted_net,
  j.deferred_sales,
  j.deferred_net,
  CASE
    WHEN j.ordered IS NULL
    THEN 'incomplete'
    WHEN j.open_units > 0 OR j.deferred_net <> 0
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  CASE WHEN j.ordered IS NULL THEN 'price' ELSE '' END AS missing
FROM joined AS j
