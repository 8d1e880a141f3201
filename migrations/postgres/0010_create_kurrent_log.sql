-- What stands in PostgreSQL when the log itself is in KurrentDB: an index of it, and receipts.

-- How far the index has come, one row. Whoever writes the index locks it first, so that positions come in order.
create table kurrent.head (
    is_only boolean not null default true,
    -- Of the last indexed event: 0 and absent when there is none.
    position bigint not null,
    prepare bigint not null,
    event_id uuid,
    recorded_at bigint,
    hash bytea not null,
    -- The last event of the cluster that was looked at, whosever it is; absent before the first.
    scanned_commit bigint,
    scanned_prepare bigint,
    constraint head_pk primary key (is_only),
    constraint head_is_one_row check (is_only),
    constraint head_hash_length check (length(hash) = 32)
);

insert into kurrent.head (position, prepare, hash)
values (0, 0, decode(repeat('00', 32), 'hex'));

-- One row for each of our events, in the order of the cluster. Made from the cluster alone, and may be made again.
create table kurrent.log_index (
    -- Commit and prepare position in the cluster: they grow, with gaps.
    position bigint not null,
    prepare bigint not null,
    tenant uuid not null,
    category text not null,
    stream_id uuid not null,
    version bigint not null,
    event_id uuid not null,
    type text not null,
    correlation_id uuid not null,
    -- Microseconds since 1970, UTC; never earlier than in the row before.
    recorded_at bigint not null,
    -- Of the chain over all events in this order.
    hash bytea not null,
    -- Bytes of the payload, so that a reader knows how many events fit into its memory.
    size bigint not null,
    constraint log_index_pk primary key (position),
    -- Also serves reading one stream and asking for its version.
    constraint log_index_stream_version unique (tenant, category, stream_id, version),
    constraint log_index_version_counts_from_one check (version >= 1),
    constraint log_index_hash_length check (length(hash) = 32)
);

-- Serves the events of one tenant, and those of one category in it. Events of a type, and of a category in all tenants,
-- are found by walking the rows, which are small.
create index log_index_by_tenant on kurrent.log_index (tenant, position);

-- Serves everything that belongs to one id, of which the events of its own stream are a part.
create index log_index_by_stream_id on kurrent.log_index (stream_id, position);

-- Serves all that follows from one request.
create index log_index_by_correlation on kurrent.log_index (correlation_id, position);

-- Serves looks at the past.
create index log_index_by_time on kurrent.log_index (recorded_at, position);

-- What else an event belongs to.
create table kurrent.log_links (
    id uuid not null,
    -- 1: a thing the event belongs to; 2: a person whose sealed data is in it.
    kind smallint not null,
    position bigint not null,
    constraint log_links_pk primary key (id, kind, position),
    constraint log_links_kind check (kind in (1, 2))
);
