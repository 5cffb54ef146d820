-- How far the limits of a plan are used, by all processes together.

CREATE TABLE limit_bucket (
    address TEXT NOT NULL PRIMARY KEY,
    level_micros BIGINT NOT NULL,
    at_micros BIGINT NOT NULL
);
CREATE INDEX limit_bucket_at ON limit_bucket (at_micros);

CREATE TABLE limit_basket (
    credential TEXT NOT NULL,
    method TEXT NOT NULL,
    minute BIGINT NOT NULL,
    used_micros BIGINT NOT NULL,
    PRIMARY KEY (credential, method, minute)
);
CREATE INDEX limit_basket_minute ON limit_basket (minute);
