SELECT a.id, a.name, a.account_id, a.marketplace_id, coalesce(m.code, a.marketplace_id) AS marketplace, a.subject,
       a.severity, a.summary, a.money_per_day, a.currency, a.rank_money,
       CASE WHEN a.rank_money IS NOT NULL THEN s.reporting_currency END AS rank_currency, a.evidence,
       a.opened_at, a.seen_at, a.ended_at, a.notified_at, a.acknowledged_at, a.acknowledged_by, a.snoozed_until,
       a.snoozed_by, a.note,
       CASE WHEN a.ended_at IS NOT NULL THEN 'ended'
            WHEN a.snoozed_until > sellerops.now() THEN 'snoozed'
            WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END AS state
FROM sellerops.alert AS a
LEFT JOIN sellerops.marketplace AS m ON m.id = a.marketplace_id
LEFT JOIN sellerops_reference.account_setting AS s USING (account_id)
WHERE (a.ended_at IS NOT NULL) = %(is_ended)s
  AND (NOT %(is_ended)s OR a.ended_at >= %(start)s::date AND a.ended_at < %(end)s::date + 2)
  AND (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR a.marketplace_id = '' OR a.marketplace_id = ANY (%(marketplaces)s))
ORDER BY a.ended_at DESC, a.severity = 'urgent' DESC, CASE WHEN %(sees_costs)s THEN a.rank_money END DESC NULLS LAST,
         a.opened_at DESC, a.id
LIMIT 10000
