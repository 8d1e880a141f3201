-- What is known of calendars that are fetched from elsewhere, beside what the log says. May be forgotten: then they are fetched
-- anew, without asking whether they have changed.

create table calendar_feeds (
    calendar bytea not null,
    tenant bytea not null,
    -- Business time in microseconds since 1970, UTC: the last answer that could be used, and the next try.
    fetched_at bigint,
    next_at bigint not null,
    -- Code of the last failure, and how many there were in a row.
    code text,
    failures bigint not null,
    -- By what the server knows whether it has changed.
    etag text,
    last_modified text,
    -- For which stretch of time it was read, in microseconds since 1970, and a digest of what it said.
    read_from bigint,
    digest bytea,
    constraint calendar_feeds_pk primary key (calendar)
);
