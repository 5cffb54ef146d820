-- How people get in: their passwords and their sessions, both as hashes.

CREATE TABLE user_password (
    user_id BIGINT NOT NULL PRIMARY KEY,
    password_hash TEXT NOT NULL,
    changed_micros BIGINT NOT NULL
);

CREATE TABLE sign_in_session (
    session_hash TEXT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    expires_micros BIGINT NOT NULL
);
CREATE INDEX sign_in_session_user ON sign_in_session (user_id);
CREATE INDEX sign_in_session_expires ON sign_in_session (expires_micros);
