-- Logins for web pages. Times are sellerops.now(), in UTC; only a lock's beat is real time.

CREATE TABLE sellerops.browser_job (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login_id           text NOT NULL,
    purpose            text NOT NULL CHECK (purpose IN ('download', 'canary', 'sign_in')),
    state              text NOT NULL DEFAULT 'running' CHECK (state IN (
                           'running', 'done', 'waiting', 'person', 'page_changed', 'failed', 'lost')),
    account_id         text,
    marketplace_id     text,
    report             text,
    page               text,
    request_id         bigint,
    dag_id             text,
    run_id             text,
    task_id            text,
    map_index          integer,
    task_try           integer,
    host               text NOT NULL,
    seconds            numeric,
    peak_memory_bytes  bigint,
    sign_ins           integer NOT NULL DEFAULT 0,
    evidence_uri       text,
    error_type         text,
    error              text,
    started_at         timestamptz NOT NULL DEFAULT sellerops.now(),
    ended_at           timestamptz,
    CONSTRAINT an_ended_job_has_its_end CHECK ((state = 'running') = (ended_at IS NULL))
);
COMMENT ON TABLE sellerops.browser_job IS 'Every use of a login''s browser: for which slice, how it ended, and what it cost.';
COMMENT ON COLUMN sellerops.browser_job.state IS
    'done; waiting: the page prepares the file; person: a page asks for what only a person may do; page_changed; failed; lost: the job died and another took its login over.';
COMMENT ON COLUMN sellerops.browser_job.evidence_uri IS 'Folder with the screenshot, the page and the trace of a failed job.';
CREATE INDEX browser_job_by_login ON sellerops.browser_job (login_id, id DESC);
CREATE INDEX browser_job_by_time ON sellerops.browser_job (started_at);

CREATE TABLE sellerops.login_lock (
    login_id           text PRIMARY KEY,
    holder             uuid NOT NULL,
    held_by            text NOT NULL,
    job_id             bigint NOT NULL REFERENCES sellerops.browser_job ON DELETE CASCADE,
    taken_at           timestamptz NOT NULL DEFAULT sellerops.now(),
    beat_at            timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE sellerops.login_lock IS 'Who uses a login''s browser now. Deleted at the end of the job; taken over when the beat stops.';

CREATE TABLE sellerops.required_action (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login_id           text NOT NULL,
    kind               text NOT NULL,
    message            text NOT NULL,
    page_url           text,
    evidence_uri       text,
    job_id             bigint,
    opened_at          timestamptz NOT NULL DEFAULT sellerops.now(),
    ended_at           timestamptz,
    outcome            text CHECK (outcome IN ('resumed', 'given_up', 'timed_out')),
    ended_by           text,
    CONSTRAINT an_ended_action_has_its_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
COMMENT ON TABLE sellerops.required_action IS 'What a person has to do in a login''s browser before its jobs can go on.';
COMMENT ON COLUMN sellerops.required_action.kind IS 'captcha, new_device, consent, passkey, account_choice or unknown.';
CREATE UNIQUE INDEX required_action_open ON sellerops.required_action (login_id) WHERE ended_at IS NULL;

CREATE TABLE sellerops.login_refusal (
    login_id           text PRIMARY KEY,
    digest             text NOT NULL,
    state              text NOT NULL CHECK (state IN ('sent', 'unanswered', 'refused')),
    tries              integer NOT NULL DEFAULT 1,
    reason             text NOT NULL,
    refused_at         timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.login_refusal IS 'Credentials that a site has refused or not answered yet, so that no job tries refused ones again before the connection changes.';
COMMENT ON COLUMN sellerops.login_refusal.state IS
    'sent: the site''s answer is not known, because it is awaited or its job has died; unanswered: the site did not answer; refused.';
COMMENT ON COLUMN sellerops.login_refusal.tries IS 'How often they were sent without an answer.';
COMMENT ON COLUMN sellerops.login_refusal.digest IS 'Salt and scrypt hash of the credentials. Not reversible.';

ALTER TABLE sellerops.report_request ADD COLUMN look_after timestamptz;
COMMENT ON COLUMN sellerops.report_request.look_after IS 'A page said that it is too early: it is not visited again before this time.';
