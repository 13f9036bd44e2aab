-- Marketplaces and reports as tables, filled from the configuration with every migration and once a day, and which
-- run made a load.

CREATE TABLE sellerops.marketplace (
    id             text PRIMARY KEY,
    code           text NOT NULL UNIQUE,
    country        text NOT NULL,
    currency       text NOT NULL,
    time_zone      text NOT NULL,
    region         text NOT NULL,
    sales_channel  text NOT NULL
);
COMMENT ON TABLE sellerops.marketplace IS 'Amazon''s marketplaces, as config/marketplaces.yaml lists them.';
COMMENT ON COLUMN sellerops.marketplace.id IS 'Amazon''s marketplace id: `marketplace_id` of every table.';
COMMENT ON COLUMN sellerops.marketplace.code IS 'ISO code of the country, as DAGs and commands use it.';
COMMENT ON COLUMN sellerops.marketplace.country IS 'Name of the country.';
COMMENT ON COLUMN sellerops.marketplace.currency IS 'ISO code of the currency it sells in.';
COMMENT ON COLUMN sellerops.marketplace.time_zone IS 'IANA time zone of its business day.';
COMMENT ON COLUMN sellerops.marketplace.region IS 'Endpoint group of Amazon''s API: NA, EU or FE.';
COMMENT ON COLUMN sellerops.marketplace.sales_channel IS 'The name it carries in `sales_channel` columns.';

CREATE TABLE sellerops.report (
    name         text PRIMARY KEY,
    source       text NOT NULL,
    family       text NOT NULL,
    dag_id       text NOT NULL,
    period       text NOT NULL,
    description  text NOT NULL
);
COMMENT ON TABLE sellerops.report IS 'The reports of config/reports; `name` is `report` of the other tables.';
COMMENT ON COLUMN sellerops.report.period IS 'How its time is cut: day, week, month, range, snapshot or listing.';

ALTER TABLE sellerops.load
    ADD COLUMN dag_id text,
    ADD COLUMN run_id text,
    ADD COLUMN task_id text,
    ADD COLUMN map_index integer;
COMMENT ON COLUMN sellerops.load.run_id IS
    'The Airflow run that made the load; null before version 0020, and for loads outside Airflow.';
CREATE INDEX IF NOT EXISTS load_by_run ON sellerops.load (run_id) WHERE run_id IS NOT NULL;
