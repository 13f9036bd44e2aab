SELECT account_id,
       reporting_currency AS currency
FROM sellerops_reference.account_setting
WHERE reporting_currency IS NOT NULL
ORDER BY account_id
