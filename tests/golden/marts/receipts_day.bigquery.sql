SELECT
  d.account_id,
  d.date AS day,
  d.reference_id AS shipment_id,
  d.msku AS sku,
  SUM(COALESCE(d.quantity, 0)) AS units
FROM __source__amazon_sp__dot__inventory_ledger_detail__ AS d
WHERE
  d.event_type = 'Receipts' AND d.reference_id IS NOT NULL AND d.msku IS NOT NULL
GROUP BY
  d.account_id,
  d.date,
  d.reference_id,
  d.msku
