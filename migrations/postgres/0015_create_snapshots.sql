-- Folds of long streams. A cache: every row may be deleted at any time, and a crash of the database empties it.

create unlogged table snapshots.snapshots (
    tenant uuid not null,
    category text not null,
    stream_id uuid not null,
    -- Of the last event that was folded.
    position bigint not null,
    version bigint not null,
    hash bytea not null,
    -- What the fold depends on beside the events.
    fingerprint bytea not null,
    -- JSON, with personal data sealed.
    state bytea not null,
    -- Keyed hash of all of it.
    token bytea not null,
    -- Serves the latest snapshot of a stream at or below a position.
    constraint snapshots_pk primary key (tenant, category, stream_id, position)
);
