SELECT DISTINCT c.campaign_id
FROM amazon_ads.sp_campaigns AS c
WHERE c.date BETWEEN %(start)s AND %(end)s AND c.campaign_name ILIKE %(search)s
  AND (%(accounts)s::text[] IS NULL OR c.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR c.marketplace_id = ANY (%(marketplaces)s))
