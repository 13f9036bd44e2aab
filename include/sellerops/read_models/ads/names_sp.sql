SELECT DISTINCT ON (c.campaign_id) c.campaign_id, c.campaign_name AS name
FROM unnest(%(accounts)s::text[], %(marketplaces)s::text[], %(days)s::date[], %(campaigns)s::text[])
    AS k (account_id, marketplace_id, day, campaign_id)
JOIN amazon_ads.sp_campaigns AS c
    ON c.account_id = k.account_id AND c.marketplace_id = k.marketplace_id AND c.date = k.day
    AND c.campaign_id = k.campaign_id
ORDER BY c.campaign_id, c.campaign_name
