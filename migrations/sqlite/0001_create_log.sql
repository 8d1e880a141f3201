-- The log: every event, what it belongs to, and a receipt for every accepted command. Rows are only ever added.

create table events (
    -- Its place in the log, without gaps; assigned by the appender, so no autoincrement.
    position integer not null,
    tenant blob not null,
    category text not null,
    stream_id blob not null,
    version integer not null,
    event_id blob not null,
    type text not null,
    schema_version integer not null,
    -- Microseconds since 1970, UTC.
    occurred_at integer not null,
    recorded_at integer not null,
    -- JSON.
    actor text not null,
    command_id blob not null,
    correlation_id blob not null,
    causation_id blob,
    -- Ids of 16 bytes, one behind the other, in the order of the event.
    subjects blob not null,
    links blob not null,
    trace text,
    hash blob not null,
    -- Exactly the bytes that were appended.
    payload blob not null,
    constraint events_pk primary key (position),
    -- Also serves reading one stream and asking for its version.
    constraint events_stream_version unique (tenant, category, stream_id, version),
    constraint events_position_counts_from_one check (position >= 1),
    constraint events_version_counts_from_one check (version >= 1),
    constraint events_hash_length check (length(hash) = 32)
) strict;

-- Serves the events of one tenant, and those of one category in it. Events of a type, and of a category in all
-- tenants, are a large part of the log or asked for by tools only: they are found by walking it.
create index events_by_tenant on events (tenant, position);

-- Serves everything that belongs to one id, of which the events of its own stream are a part.
create index events_by_stream_id on events (stream_id, position);

-- Serves all that follows from one request.
create index events_by_correlation on events (correlation_id, position);

-- What else an event belongs to. The primary key serves timelines, time travel and rebuild by key.
create table event_links (
    id blob not null,
    -- 1: a thing the event belongs to; 2: a person whose sealed data is in it.
    kind integer not null,
    position integer not null,
    constraint event_links_pk primary key (id, kind, position),
    constraint event_links_kind check (kind in (1, 2))
) strict, without rowid;

create table receipts (
    command_id blob not null,
    tenant blob not null,
    input_hash blob not null,
    -- Absent when the command changed nothing.
    first_position integer,
    position integer not null,
    -- JSON, sealed where it holds personal data.
    result blob not null,
    recorded_at integer not null,
    constraint receipts_pk primary key (command_id),
    constraint receipts_input_hash_length check (length(input_hash) = 32)
) strict, without rowid;
