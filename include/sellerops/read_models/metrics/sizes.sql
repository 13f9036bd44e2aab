SELECT DISTINCT ON (kind, name) kind, name, nbytes, free
FROM sellerops.size_sample
WHERE sampled_at > clock_timestamp() - interval '2 days'
ORDER BY kind, name, sampled_at DESC
