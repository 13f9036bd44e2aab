SELECT
  t.account_id,
  t.marketplace_id,
  t.day,
  t.order_id,
  t.sku,
  o.order_marketplace_id,
  o.order_day,
  COALESCE(SUM(IF(t.pl_line = 'revenue.product', t.quantity, NULL)), 0) AS units,
  COALESCE(SUM(IF(t.pl_line = 'revenue.product', t.amount, NULL)), 0) AS product_sales,
  COALESCE(SUM(IF(t.pl_line = 'revenue.shipping', t.amount, NULL)), 0) AS shipping_income,
  COALESCE(SUM(IF(t.pl_line = 'revenue.gift_wrap', t.amount, NULL)), 0) AS gift_wrap_income,
  COALESCE(SUM(IF(t.pl_line LIKE 'promo.%', t.amount, NULL)), 0) AS promotions,
  COALESCE(SUM(IF(t.pl_line = 'fee.referral', t.amount, NULL)), 0) AS referral_fees,
  COALESCE(SUM(IF(t.pl_line = 'fee.closing', t.amount, NULL)), 0) AS closing_fees,
  COALESCE(SUM(IF(t.pl_line = 'fee.digital_services', t.amount, NULL)), 0) AS digital_services_fees,
  COALESCE(
    SUM(IF(t.pl_line IN ('fee.fba_fulfilment', 'fee.low_inventory'), t.amount, NULL)),
    0
  ) AS fulfilment_fees,
  COALESCE(
    SUM(
      IF(
        t.pl_line IN ('fee.shipping_chargeback', 'fee.giftwrap_chargeback', 'fee.shipping_holdback'),
        t.amount,
        NULL
      )
    ),
    0
  ) AS chargebacks,
  COALESCE(SUM(IF(t.level = 'CM1', t.amount, NULL)), 0) AS cm1,
  COALESCE(SUM(IF(t.level = 'CM2', t.amount, NULL)), 0) AS cm2_only,
  COALESCE(SUM(IF(t.level = 'TAX', t.amount, NULL)), 0) AS tax,
  COALESCE(SUM(IF(t.level = 'UNMAPPED', t.amount, NULL)), 0) AS unmapped,
  SUM(t.amount) AS net,
  COALESCE(SUM(IF(t.is_deferred AND t.pl_line = 'revenue.product', t.amount, NULL)), 0) AS deferred_sales,
  COALESCE(SUM(IF(t.is_deferred, t.amount, NULL)), 0) AS deferred_net
FROM __ref__transaction_line__ AS t
LEFT JOIN __ref__posting_order__ AS o
  ON o.account_id = t.account_id
  AND o.marketplace_id = t.marketplace_id
  AND o.day = t.day
  AND o.order_id = t.order_id
WHERE
  t.is_counted AND t.transaction_type = 'Shipment' AND t.order_id <> ''
GROUP BY
  t.account_id,
  t.marketplace_id,
  t.day,
  t.order_id,
  t.sku,
  o.order_marketplace_id,
  o.order_day
