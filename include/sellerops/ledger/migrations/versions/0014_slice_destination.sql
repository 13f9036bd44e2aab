-- How each day stands in each destination.

CREATE TABLE sellerops.slice_destination (
    report          text NOT NULL,
    account_id      text NOT NULL,
    marketplace_id  text NOT NULL DEFAULT '',
    day             date NOT NULL,
    snapshot_at     timestamptz,
    destination     text NOT NULL,
    state           text NOT NULL CHECK (state IN ('LOADED', 'CONFIRMED_EMPTY', 'LATE', 'QUARANTINED', 'FAILED')),
    request_id      bigint,
    load_id         bigint,
    dag_id          text,
    run_id          text,
    task_id         text,
    map_index       integer,
    error_type      text,
    error           text,
    remedy          text,
    updated_at      timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.slice_destination IS 'How each day of each shop stands in each destination; slice_state sums them up.';
COMMENT ON COLUMN sellerops.slice_destination.request_id IS 'The newest request whose document was brought, or was not.';
CREATE UNIQUE INDEX slice_destination_key
    ON sellerops.slice_destination (report, account_id, marketplace_id, day, snapshot_at, destination)
    NULLS NOT DISTINCT;
CREATE INDEX slice_destination_failed ON sellerops.slice_destination (run_id) WHERE state = 'FAILED';

-- Until now there was one destination.
INSERT INTO sellerops.slice_destination (
    report, account_id, marketplace_id, day, snapshot_at, destination, state, request_id, load_id, dag_id, run_id,
    task_id, map_index, error_type, error, remedy, updated_at
)
SELECT report, account_id, marketplace_id, day, snapshot_at, 'postgres', state, request_id, load_id, dag_id, run_id,
       task_id, map_index, error_type, error, remedy, updated_at
FROM sellerops.slice_state
WHERE state IN ('LOADED', 'CONFIRMED_EMPTY', 'QUARANTINED') OR (state = 'FAILED' AND task_id LIKE '%.load_postgres');
