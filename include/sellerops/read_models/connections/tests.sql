SELECT connection, state, message, tested_at, worked_at, run_id
FROM sellerops.connection_test
ORDER BY connection
