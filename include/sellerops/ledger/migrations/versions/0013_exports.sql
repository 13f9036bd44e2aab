-- Tables copied to Google Sheets.

CREATE TABLE sellerops.table_export (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    export          text NOT NULL,
    spreadsheet_id  text NOT NULL,
    sheet           text NOT NULL,
    mode            text NOT NULL CHECK (mode IN ('replace', 'append')),
    destination     text NOT NULL,
    written_range   text,
    titles          text[] NOT NULL DEFAULT '{}',
    rows_read       bigint,
    rows_known      bigint,
    rows_written    bigint,
    cells_written   bigint,
    error           text,
    dag_id          text,
    run_id          text,
    try_number      integer,
    started_at      timestamptz NOT NULL DEFAULT sellerops.now(),
    ended_at        timestamptz,
    CONSTRAINT every_row_is_accounted_for
        CHECK (ended_at IS NULL OR error IS NOT NULL OR rows_read = rows_known + rows_written)
);
COMMENT ON TABLE sellerops.table_export IS 'Every copy of a table or query to Google Sheets; one that has not ended was killed or is running.';
COMMENT ON COLUMN sellerops.table_export.written_range IS 'In A1 notation, the outermost cells; null when nothing was written.';
COMMENT ON COLUMN sellerops.table_export.titles IS 'The titles of the columns this export filled.';
COMMENT ON COLUMN sellerops.table_export.rows_known IS 'Rows that stood in the sheet already (mode append).';
CREATE INDEX table_export_by_sheet ON sellerops.table_export (export, spreadsheet_id, sheet, id DESC);
