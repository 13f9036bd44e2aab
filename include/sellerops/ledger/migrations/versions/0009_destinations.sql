-- Loads of several destinations: their watermarks and what they cost.

SELECT 1;
