-- Loads that wait for a person, and what the person said.
SELECT 1;
