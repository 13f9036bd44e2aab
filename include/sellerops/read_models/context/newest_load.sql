SELECT max(recorded_at) AS recorded_at
FROM sellerops.load
