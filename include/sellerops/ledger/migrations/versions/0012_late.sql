-- What was due and did not come in time.

SELECT 1;
