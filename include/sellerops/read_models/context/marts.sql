SELECT c.relname AS name,
       max(b.built_at) AS built_at
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN sellerops.mart_build AS b ON b.mart = c.relname AND b.destination = 'postgres'
WHERE n.nspname = 'sellerops_marts'
  AND c.relkind IN ('r', 'p', 'v')
  AND c.relname NOT LIKE '%%\_\_new'
GROUP BY c.relname
ORDER BY c.relname
