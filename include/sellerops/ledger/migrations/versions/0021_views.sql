-- Views that people begin with. Their text is no migration: it follows the landing tables (sellerops.views).
CREATE SCHEMA IF NOT EXISTS sellerops_views;
COMMENT ON SCHEMA sellerops_views IS 'Views to begin with: sales, stock, missing days, freshness, runs (docs/tables.md).';

CREATE TABLE sellerops.starter_view (
    name        text PRIMARY KEY,
    mark        text NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.starter_view IS 'What each view was made of: text and tables. Another mark: it is made again.';
