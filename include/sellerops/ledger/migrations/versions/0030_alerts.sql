CREATE TABLE sellerops.alert (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name               text NOT NULL,
    account_id         text NOT NULL,
    marketplace_id     text NOT NULL,
    subject            text NOT NULL,
    severity           text NOT NULL,
    summary            text NOT NULL,
    money_per_day      numeric,
    currency           text NOT NULL,
    rank_money         numeric,
    evidence           jsonb NOT NULL DEFAULT '{}',
    opened_at          timestamptz NOT NULL DEFAULT sellerops.now(),
    seen_at            timestamptz NOT NULL DEFAULT sellerops.now(),
    ended_at           timestamptz,
    notified_at        timestamptz,
    end_notified_at    timestamptz,
    acknowledged_at    timestamptz,
    acknowledged_by    text,
    snoozed_until      timestamptz,
    snoozed_by         text,
    note               text
);
COMMENT ON TABLE sellerops.alert IS 'Business alerts: a row from when a condition was first met until it no longer is. Met again, it gets a new row.';
COMMENT ON COLUMN sellerops.alert.name IS 'File of config/alerts.';
COMMENT ON COLUMN sellerops.alert.marketplace_id IS 'Empty: of the whole account.';
COMMENT ON COLUMN sellerops.alert.subject IS 'What it is about: a SKU, a shipment, a mart, ...';
COMMENT ON COLUMN sellerops.alert.money_per_day IS 'Money at stake per day, in `currency`; null: not known.';
COMMENT ON COLUMN sellerops.alert.rank_money IS 'The same in the reporting currency, for ranking.';
COMMENT ON COLUMN sellerops.alert.seen_at IS 'When the condition was last met.';
COMMENT ON COLUMN sellerops.alert.notified_at IS 'When people were notified; null: not yet, for example because it is snoozed.';
COMMENT ON COLUMN sellerops.alert.end_notified_at IS 'When they were told that it ended; snoozed or switched off: when it ended.';
COMMENT ON COLUMN sellerops.alert.note IS 'Why it was acknowledged or snoozed.';
CREATE UNIQUE INDEX alert_open ON sellerops.alert (name, account_id, marketplace_id, subject) WHERE ended_at IS NULL;
CREATE INDEX alert_by_end ON sellerops.alert (ended_at, id);

CREATE TABLE sellerops.alert_evaluation (
    name               text NOT NULL,
    account_id         text NOT NULL,
    found              bigint,
    reason             text NOT NULL DEFAULT '',
    evaluated_at       timestamptz NOT NULL DEFAULT sellerops.now(),
    PRIMARY KEY (name, account_id)
);
COMMENT ON TABLE sellerops.alert_evaluation IS 'The last evaluation of each alert and account.';
COMMENT ON COLUMN sellerops.alert_evaluation.found IS 'How often the condition is met; null: it could not be evaluated, `reason` says why.';
