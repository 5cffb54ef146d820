-- Calendar events: who is away when.

CREATE TABLE calendar_event (
    id {identity},
    owner_type TEXT NOT NULL,
    owner_id BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    accessibility TEXT NOT NULL,
    whole_days BIGINT NOT NULL,
    start_micros BIGINT NOT NULL,
    end_micros BIGINT NOT NULL,
    created_micros BIGINT NOT NULL,
    changed_micros BIGINT NOT NULL
);
CREATE INDEX calendar_event_owner ON calendar_event (owner_type, owner_id, end_micros);
