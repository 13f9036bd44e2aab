-- Tables of personal data and how long they keep it.
SELECT 1;
