-- What people are told, in the language of each.

ALTER TABLE portal_user ADD COLUMN language TEXT NOT NULL DEFAULT '';

CREATE TABLE notification (
    id {identity},
    user_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    sent_micros BIGINT NOT NULL,
    type BIGINT NOT NULL,
    module TEXT NOT NULL,
    event TEXT NOT NULL,
    tag TEXT NOT NULL,
    sub_tag TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    search_key TEXT NOT NULL,
    params TEXT NOT NULL,
    is_read BIGINT NOT NULL
);
CREATE INDEX notification_user ON notification (user_id, id);
CREATE INDEX notification_unread ON notification (user_id, is_read, id);
CREATE INDEX notification_tag ON notification (user_id, tag) WHERE tag <> '';
