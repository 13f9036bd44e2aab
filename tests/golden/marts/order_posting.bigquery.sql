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
