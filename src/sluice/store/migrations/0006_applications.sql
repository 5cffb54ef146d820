-- Local applications, what opens the portal for them, and what they keep here.

CREATE TABLE application (
    id {identity},
    client_id TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL,
    application_token TEXT NOT NULL,
    title TEXT NOT NULL,
    scopes TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    handler_url TEXT NOT NULL,
    install_url TEXT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    restricted BIGINT NOT NULL,
    created_micros BIGINT NOT NULL,
    removed_micros BIGINT
);

-- Who may use a restricted application.
CREATE TABLE application_user (
    application_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (application_id, user_id)
);

-- One-time codes, access tokens and refresh tokens, each under its hash.
CREATE TABLE oauth_token (
    token_hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    application_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    origin TEXT NOT NULL,
    expires_micros BIGINT NOT NULL,
    used_micros BIGINT
);
CREATE INDEX oauth_token_application ON oauth_token (application_id);
CREATE INDEX oauth_token_expires ON oauth_token (expires_micros);

-- Options of an application; user 0 stands for everybody. Values are JSON.
CREATE TABLE application_option (
    application_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (application_id, user_id, name)
);
