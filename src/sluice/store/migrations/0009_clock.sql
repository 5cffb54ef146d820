-- How the portal's time follows from the machine's (clock.py, ClockState): one row, 1.

CREATE TABLE portal_clock (
    id BIGINT NOT NULL PRIMARY KEY,
    origin_micros BIGINT,
    since_micros BIGINT,
    busy_until_micros BIGINT,
    version BIGINT NOT NULL
);
INSERT INTO portal_clock (id, version) VALUES (1, 0);
