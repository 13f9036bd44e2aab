-- Gaps found and filled, and deprecations told.
SELECT 1;
