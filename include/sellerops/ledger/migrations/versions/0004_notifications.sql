-- What Amazon's notifications said, whom they reach us for, and who listens.

CREATE TABLE sellerops.notification (
    id                 text PRIMARY KEY,
    notification_type  text,
    account_id         text,
    seller_id          text,
    subscription_id    text,
    report_id          text,
    report_type        text,
    processing_status  text,
    document_id        text,
    published_at       timestamptz,
    received_at        timestamptz NOT NULL DEFAULT sellerops.now(),
    times              integer NOT NULL DEFAULT 1,
    looked_up_at       timestamptz,
    problem            text,
    raw                text NOT NULL
);
COMMENT ON COLUMN sellerops.notification.id IS 'Amazon''s notificationId; of a message without one a digest of its text.';
COMMENT ON COLUMN sellerops.notification.account_id IS 'NULL: neither the subscription nor the report is known.';
COMMENT ON COLUMN sellerops.notification.report_id IS 'The report''s, or of Data Kiosk the query''s.';
COMMENT ON COLUMN sellerops.notification.times IS 'How often it came; Amazon and SQS deliver at least once.';
COMMENT ON COLUMN sellerops.notification.looked_up_at IS 'When Amazon was asked about a report that is not ours, and would not tell.';
COMMENT ON COLUMN sellerops.notification.problem IS 'Why it could not be read; NULL for what could.';
CREATE INDEX notification_by_report ON sellerops.notification (account_id, report_id);
CREATE INDEX notification_by_type ON sellerops.notification (account_id, notification_type, received_at DESC);
CREATE INDEX notification_by_time ON sellerops.notification (received_at);

CREATE TABLE sellerops.notification_subscription (
    account_id         text NOT NULL,
    notification_type  text NOT NULL,
    subscription_id    text NOT NULL,
    destination_id     text NOT NULL,
    queue              text NOT NULL,
    recorded_at        timestamptz NOT NULL DEFAULT sellerops.now(),
    PRIMARY KEY (account_id, notification_type)
);
COMMENT ON COLUMN sellerops.notification_subscription.queue IS 'ARN of the SQS queue.';
CREATE INDEX notification_subscription_by_id ON sellerops.notification_subscription (subscription_id);

CREATE TABLE sellerops.notification_listener (
    queue        text PRIMARY KEY,
    alive_until  timestamptz NOT NULL,
    problem      text,
    told_at      timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON COLUMN sellerops.notification_listener.alive_until IS 'Real time, not sellerops.now(): a process that died lapses then.';

-- Accounts and types whose notifications are known to arrive: subscribed, listened for, and one came lately.
CREATE FUNCTION sellerops.notifications_working() RETURNS TABLE (account_id text, notification_type text)
LANGUAGE sql STABLE AS $$
    SELECT subscription.account_id, subscription.notification_type
    FROM sellerops.notification_subscription AS subscription
    JOIN sellerops.notification_listener AS listener USING (queue)
    WHERE listener.alive_until > clock_timestamp()
      AND (
          SELECT max(received_at) FROM sellerops.notification AS heard
          WHERE heard.account_id = subscription.account_id
            AND heard.notification_type = subscription.notification_type
      ) > sellerops.now() - interval '3 days'
$$;
