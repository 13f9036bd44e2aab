-- description: The newest known state of each listing.
-- group: reference
-- grain: [account_id, marketplace_id, sku]
-- partition: [account_id, marketplace_id]
-- inputs:
--   listing_month: {}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   sku: {type: text, description: "Your SKU."}
--   asin: {type: text, description: "ASIN of the listing."}
--   fnsku: {type: text, description: "FNSKU, if the fee preview names it."}
--   title: {type: text, description: "Title of the listing."}
--   brand: {type: text, description: "Brand."}
--   product_type: {type: text, description: "Amazon's product type."}
--   size_tier: {type: text, description: "Size tier by which Amazon charges fulfilment."}
--   listing_status: {type: text, description: "Status as the listings report writes it: Active, Inactive, ..."}
--   fulfilment_channel: {type: text, description: "AMAZON or MERCHANT."}
--   price: {type: decimal, unit: currency, description: "Price of the offer."}
--   currency: {type: text, description: "Currency of the marketplace."}
--   seen_at: {type: timestamp, description: "Snapshot of the listings (UTC). A SKU that is older than others was deleted."}
WITH newest AS (
    SELECT l.account_id, l.marketplace_id, l.sku, MAX(l.month_first) AS month_first
    FROM {{ ref('listing_month') }} AS l
    GROUP BY l.account_id, l.marketplace_id, l.sku
)
SELECT l.account_id, l.marketplace_id, l.sku, l.asin, l.fnsku, l.title, l.brand, l.product_type, l.size_tier,
       l.listing_status, l.fulfilment_channel, l.price, l.currency, l.seen_at
FROM newest AS n
JOIN {{ ref('listing_month') }} AS l
  ON l.account_id = n.account_id AND l.marketplace_id = n.marketplace_id AND l.sku = n.sku
 AND l.month_first = n.month_first
