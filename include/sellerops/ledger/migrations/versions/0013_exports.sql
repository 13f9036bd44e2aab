-- Tables copied to Google Sheets.

SELECT 1;
