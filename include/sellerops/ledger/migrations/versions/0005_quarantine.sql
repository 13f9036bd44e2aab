-- Loads that wait for a person, and what the person said.

CREATE TABLE sellerops.quarantine (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source          text NOT NULL,
    report          text NOT NULL,
    table_name      text NOT NULL,
    destination     text NOT NULL,
    account_id      text NOT NULL,
    place           text NOT NULL,
    first_day       date NOT NULL,
    last_day        date NOT NULL,
    request_id      bigint,
    reported_at     timestamptz NOT NULL,
    slice           jsonb NOT NULL,
    figures         jsonb NOT NULL DEFAULT '[]',
    reason          text NOT NULL,
    state           text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'RELEASED', 'REJECTED', 'SUPERSEDED')),
    decided_by      text,
    decided_at      timestamptz,
    note            text NOT NULL DEFAULT '',
    asked_run_id    text,
    asked_until     timestamptz,
    created_at      timestamptz NOT NULL DEFAULT sellerops.now(),
    CONSTRAINT quarantine_is_decided_by_someone CHECK ((state = 'OPEN') = (decided_by IS NULL))
);
COMMENT ON TABLE sellerops.quarantine IS 'One document that is kept out of one table until a person decides.';
COMMENT ON COLUMN sellerops.quarantine.place IS 'Marketplace id, or the region where one report covers all shops.';
COMMENT ON COLUMN sellerops.quarantine.figures IS 'Per day: the new sum, the stored one, the median of the same weekdays.';
COMMENT ON COLUMN sellerops.quarantine.asked_until IS 'Real time: the run of the UI that asks has it until then.';

-- The same document held again for the same table and slice is the same question.
CREATE UNIQUE INDEX quarantine_key
    ON sellerops.quarantine (table_name, account_id, place, first_day, last_day, request_id, reported_at)
    NULLS NOT DISTINCT;
CREATE INDEX quarantine_open ON sellerops.quarantine (id) WHERE state = 'OPEN';
