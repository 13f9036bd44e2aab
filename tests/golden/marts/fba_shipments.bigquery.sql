WITH plans AS (
  SELECT
    p.account_id,
    p.shipment_confirmation_id AS shipment_id,
    MIN(DATE(p.created_at, 'UTC')) AS created_on,
    MIN(DATE(p.ready_to_ship_start, 'UTC')) AS ready_on,
    MAX(DATE(p.delivery_window_end, 'UTC')) AS expected_on
  FROM __source__amazon_sp__dot__inbound_plan_shipments__ AS p
  WHERE
    p.shipment_confirmation_id IS NOT NULL
  GROUP BY
    p.account_id,
    p.shipment_confirmation_id
), receipts AS (
  SELECT
    r.account_id,
    r.shipment_id,
    r.sku,
    MIN(CASE WHEN r.units > 0 THEN r.day END) AS first_received_on,
    MAX(CASE WHEN r.units > 0 THEN r.day END) AS last_received_on,
    SUM(r.units) AS units
  FROM __ref__receipts_day__ AS r
  GROUP BY
    r.account_id,
    r.shipment_id,
    r.sku
), items AS (
  SELECT
    i.account_id,
    i.marketplace_id,
    i.shipment_id,
    i.seller_sku AS sku,
    MAX(i.fulfillment_network_sku) AS fnsku,
    SUM(i.quantity_shipped) AS units_shipped,
    SUM(COALESCE(i.quantity_received, 0)) AS units_received
  FROM __source__amazon_sp__dot__inbound_shipment_items__ AS i
  GROUP BY
    i.account_id,
    i.marketplace_id,
    i.shipment_id,
    i.seller_sku
), joined AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.shipment_id,
    COALESCE(i.sku, '') AS sku,
    i.fnsku,
    s.shipment_name AS name,
    s.shipment_status,
    s.destination_fulfillment_center_id AS warehouse,
    p.created_on,
    p.ready_on,
    COALESCE(p.expected_on, s.confirmed_need_by_date) AS expected_on,
    r.first_received_on,
    r.last_received_on,
    i.units_shipped,
    i.units_received,
    r.units AS units_in_ledger,
    i.sku IS NULL AS lacks_items,
    CASE
      WHEN s.shipment_status IN ('WORKING', 'READY_TO_SHIP')
      THEN 'working'
      WHEN s.shipment_status = 'RECEIVING'
      THEN 'receiving'
      WHEN s.shipment_status = 'CLOSED'
      THEN 'closed'
      WHEN s.shipment_status IN ('CANCELLED', 'DELETED', 'ERROR')
      THEN 'cancelled'
      ELSE 'shipped'
    END AS stage
  FROM __source__amazon_sp__dot__inbound_shipments__ AS s
  LEFT JOIN items AS i
    ON i.account_id = s.account_id
    AND i.marketplace_id = s.marketplace_id
    AND i.shipment_id = s.shipment_id
  LEFT JOIN plans AS p
    ON p.account_id = s.account_id AND p.shipment_id = s.shipment_id
  LEFT JOIN receipts AS r
    ON r.account_id = s.account_id AND r.shipment_id = s.shipment_id AND r.sku = i.sku
)
SELECT
  j.account_id,
  j.marketplace_id,
  j.shipment_id,
  j.sku,
  j.fnsku,
  j.name,
  j.shipment_status,
  j.stage,
  j.warehouse,
  j.created_on,
  j.ready_on,
  j.expected_on,
  j.first_received_on,
  j.last_received_on,
  j.units_shipped,
  j.units_received,
  j.units_in_ledger,
  CASE
    WHEN j.stage IN ('closed', 'cancelled') OR j.units_received >= j.units_shipped
    THEN 0
    ELSE j.units_shipped - j.units_received
  END AS units_open,
  CASE WHEN j.stage = 'closed' THEN j.units_received - j.units_shipped END AS units_difference,
  CASE
    WHEN j.lacks_items
    THEN 'incomplete'
    WHEN j.stage IN ('closed', 'cancelled')
    THEN 'complete'
    ELSE 'estimated'
  END AS status,
  LTRIM(
    CASE
      WHEN j.expected_on IS NULL AND NOT j.stage IN ('closed', 'cancelled')
      THEN ', expected_date'
      ELSE ''
    END || CASE WHEN j.lacks_items THEN ', items' ELSE '' END,
    ', '
  ) AS missing
FROM joined AS j
