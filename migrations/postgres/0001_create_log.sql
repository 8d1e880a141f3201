-- The log: every event, what it belongs to, and a receipt for every accepted command. Rows are only ever added.

-- The end of the log, one row. Whoever appends locks it first, so positions have no gaps and become visible in order.
create table log.head (
    is_only boolean not null default true,
    position bigint not null,
    -- Of the last event: absent when there is none.
    recorded_at bigint,
    hash bytea not null,
    constraint head_pk primary key (is_only),
    constraint head_is_one_row check (is_only),
    constraint head_hash_length check (length(hash) = 32)
);

insert into log.head (position, recorded_at, hash)
values (0, null, decode(repeat('00', 32), 'hex'));

create table log.events (
    -- Its place in the log, without gaps; assigned by the appender, so no sequence.
    position bigint not null,
    tenant uuid not null,
    category text not null,
    stream_id uuid not null,
    version bigint not null,
    event_id uuid not null,
    type text not null,
    schema_version integer not null,
    -- Microseconds since 1970, UTC.
    occurred_at bigint not null,
    recorded_at bigint not null,
    -- JSON.
    actor text not null,
    command_id uuid not null,
    correlation_id uuid not null,
    causation_id uuid,
    -- Ids of 16 bytes, one behind the other, in the order of the event.
    subjects bytea not null,
    links bytea not null,
    trace text,
    hash bytea not null,
    -- Exactly the bytes that were appended, so not jsonb.
    payload bytea not null,
    constraint events_pk primary key (position),
    -- Also serves reading one stream and asking for its version.
    constraint events_stream_version unique (tenant, category, stream_id, version),
    constraint events_position_counts_from_one check (position >= 1),
    constraint events_version_counts_from_one check (version >= 1),
    constraint events_hash_length check (length(hash) = 32)
);

-- Serves the events of one tenant, and those of one category in it. Events of a type, and of a category in all
-- tenants, are a large part of the log or asked for by tools only: they are found by walking it.
create index events_by_tenant on log.events (tenant, position);

-- Serves everything that belongs to one id, of which the events of its own stream are a part.
create index events_by_stream_id on log.events (stream_id, position);

-- Serves all that follows from one request.
create index events_by_correlation on log.events (correlation_id, position);

-- What else an event belongs to. The primary key serves timelines, time travel and rebuild by key.
create table log.event_links (
    id uuid not null,
    -- 1: a thing the event belongs to; 2: a person whose sealed data is in it.
    kind smallint not null,
    position bigint not null,
    constraint event_links_pk primary key (id, kind, position),
    constraint event_links_kind check (kind in (1, 2))
);

create table log.receipts (
    command_id uuid not null,
    tenant uuid not null,
    input_hash bytea not null,
    -- Absent when the command changed nothing.
    first_position bigint,
    position bigint not null,
    -- JSON, sealed where it holds personal data.
    result bytea not null,
    recorded_at bigint not null,
    constraint receipts_pk primary key (command_id),
    constraint receipts_input_hash_length check (length(input_hash) = 32)
);
