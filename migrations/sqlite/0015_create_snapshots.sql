-- Folds of long streams. A cache: every row may be deleted at any time.

create table snapshots (
    tenant blob not null,
    category text not null,
    stream_id blob not null,
    -- Of the last event that was folded.
    position integer not null,
    version integer not null,
    hash blob not null,
    -- What the fold depends on beside the events.
    fingerprint blob not null,
    -- JSON, with personal data sealed.
    state blob not null,
    -- Keyed hash of all of it.
    token blob not null,
    -- Serves the latest snapshot of a stream at or below a position.
    constraint snapshots_pk primary key (tenant, category, stream_id, position)
) strict;
