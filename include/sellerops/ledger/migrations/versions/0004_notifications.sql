-- What Amazon's notifications said.
SELECT 1;
