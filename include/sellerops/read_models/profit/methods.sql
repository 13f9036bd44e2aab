SELECT account_id, refund_day, sb_attribution, vat_on_fees, ads_paid_by, coalesce(reporting_currency, '') AS reporting_currency
FROM sellerops_reference.account_setting
WHERE %(accounts)s::text[] IS NULL OR account_id = ANY (%(accounts)s)
ORDER BY account_id
