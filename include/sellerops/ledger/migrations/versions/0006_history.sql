-- Changed cells, the figures of finality, the slices of loads, and the results of truth checks.
SELECT 1;
