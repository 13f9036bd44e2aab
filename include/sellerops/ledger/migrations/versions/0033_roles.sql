-- The functions that create and drop the partitions of api_call run as the ledger's owner: who writes rows may not
-- change tables. They name what they use in full, and find nothing else.
ALTER FUNCTION sellerops.api_call_make_day(date) SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION sellerops.api_call_roll(integer) SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
REVOKE EXECUTE ON FUNCTION sellerops.api_call_make_day(date), sellerops.api_call_roll(integer) FROM PUBLIC;
