-- Of each call to Amazon: which API, how, for which marketplaces, and Amazon's error code. The columns have no
-- default to compute, so no row is rewritten.

ALTER TABLE sellerops.api_call
    ADD COLUMN api              text,
    ADD COLUMN http_method      text,
    ADD COLUMN marketplace_ids  text[] NOT NULL DEFAULT '{}',
    ADD COLUMN error_code       text;
COMMENT ON TABLE sellerops.api_call IS
    'One row a call to Amazon: of the Selling Partner API, Amazon Ads, Login with Amazon and documents.';
COMMENT ON COLUMN sellerops.api_call.api IS
    'The API with its version (reports/2021-06-30), ads/..., lwa for access tokens, documents for downloads.';
COMMENT ON COLUMN sellerops.api_call.operation IS 'As Amazon names it; ours: requestAccessToken, downloadDocument.';
COMMENT ON COLUMN sellerops.api_call.marketplace_ids IS
    'The marketplaces asked for, else those of the request; empty: of none.';
COMMENT ON COLUMN sellerops.api_call.error_code IS
    'Amazon''s own code of a refusal: QuotaExceeded, InvalidInput, invalid_grant, AccessDenied.';
COMMENT ON COLUMN sellerops.api_call.error_type IS 'Our kind of error.';
COMMENT ON COLUMN sellerops.api_call.amazon_request_id IS 'What Amazon''s support asks for.';
