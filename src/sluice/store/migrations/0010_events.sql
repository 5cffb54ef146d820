-- Who wants to hear of what, what is to be told, and how that went.

-- Handlers of applications, and outgoing webhooks (application 0), which have a token of their own.
CREATE TABLE subscription (
    id {identity},
    application_id BIGINT NOT NULL,
    event TEXT NOT NULL,
    kind TEXT NOT NULL,
    handler TEXT NOT NULL,
    auth_user_id BIGINT NOT NULL,
    connector TEXT NOT NULL,
    min_timeout_seconds BIGINT NOT NULL,
    token TEXT NOT NULL,
    title TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    created_micros BIGINT NOT NULL,
    UNIQUE (application_id, event, kind, handler, auth_user_id, connector)
);

-- What is sent to one handler: written with the change that it tells of.
CREATE TABLE delivery (
    id {identity},
    subscription_id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    event TEXT NOT NULL,
    handler TEXT NOT NULL,
    auth_user_id BIGINT NOT NULL,
    data TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    created_micros BIGINT NOT NULL,
    due_micros BIGINT NOT NULL,
    claimed_micros BIGINT
);
CREATE INDEX delivery_due ON delivery (state, due_micros);

CREATE TABLE delivery_attempt (
    id {identity},
    delivery_id BIGINT NOT NULL,
    started_micros BIGINT NOT NULL,
    duration_micros BIGINT NOT NULL,
    status BIGINT NOT NULL,
    problem TEXT NOT NULL,
    answer TEXT NOT NULL
);
CREATE INDEX delivery_attempt_delivery ON delivery_attempt (delivery_id);

-- Events that an application fetches: one row for each event and object.
CREATE TABLE offline_event (
    id {identity},
    application_id BIGINT NOT NULL,
    connector TEXT NOT NULL,
    event TEXT NOT NULL,
    message_id TEXT NOT NULL,
    process_id TEXT NOT NULL,
    data TEXT NOT NULL,
    failed BIGINT NOT NULL,
    changed_micros BIGINT NOT NULL,
    UNIQUE (application_id, connector, event, message_id, process_id)
);
CREATE INDEX offline_event_process ON offline_event (application_id, process_id);
