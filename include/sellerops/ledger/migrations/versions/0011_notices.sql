-- Notices on their way to people, the threads they belong to and the faults they tell of.

CREATE TABLE sellerops.delivery (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_key   text NOT NULL,
    event        text NOT NULL,
    report       text NOT NULL DEFAULT '',
    thread       text NOT NULL,
    channel      text NOT NULL,
    kind         text NOT NULL,
    connection   text NOT NULL,
    target       text NOT NULL,
    message      jsonb NOT NULL,
    broadcast    boolean NOT NULL DEFAULT false,
    state        text NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'SENT', 'GIVEN_UP')),
    attempts     integer NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT sellerops.now(),
    next_try_at  timestamptz NOT NULL DEFAULT sellerops.now(),
    leased_until timestamptz,
    sent_at      timestamptz,
    last_error   text,
    reference    text,
    UNIQUE (notice_key, kind, connection, target)
);
COMMENT ON TABLE sellerops.delivery IS 'One row for each notice and address: sent, waiting for its next try, or given up.';
COMMENT ON COLUMN sellerops.delivery.thread IS 'Messages of one thread and address are sent in order.';
COMMENT ON COLUMN sellerops.delivery.leased_until IS 'Real time: until then one process is sending it.';
COMMENT ON COLUMN sellerops.delivery.reference IS 'What the channel calls the message; later ones of the thread answer to it.';
CREATE INDEX delivery_waiting ON sellerops.delivery (next_try_at) WHERE state = 'WAITING';
CREATE INDEX delivery_by_thread ON sellerops.delivery (thread, kind, connection, target, id);

CREATE TABLE sellerops.fault (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fault_key   text NOT NULL,
    event       text NOT NULL,
    report      text NOT NULL DEFAULT '',
    headline    text NOT NULL,
    threads     text[] NOT NULL,
    times       integer NOT NULL DEFAULT 1,
    opened_at   timestamptz NOT NULL DEFAULT sellerops.now(),
    seen_at     timestamptz NOT NULL DEFAULT sellerops.now(),
    told_at     timestamptz NOT NULL DEFAULT sellerops.now(),
    closed_at   timestamptz
);
COMMENT ON COLUMN sellerops.fault.threads IS 'Where people were told of it, the last one last.';
COMMENT ON TABLE sellerops.fault IS 'What is wrong, or was: told when it begins, once a day while it lasts, and when it ends.';
CREATE UNIQUE INDEX fault_open ON sellerops.fault (fault_key) WHERE closed_at IS NULL;
