-- Receipts of commands whose events stand in KurrentDB, and the appends that are under way.

create table kurrent.receipts (
    command_id uuid not null,
    tenant uuid not null,
    input_hash bytea not null,
    -- held: its streams are held, nothing is decided. confirmed: it will stand in the cluster, whoever writes it.
    -- done: it does. broken: somebody else wrote to its streams in the middle of it.
    state text not null,
    -- Of the attempt that works on it.
    owner bigint,
    -- From when on somebody else may take it up; absent once it is settled.
    expires_at timestamptz,
    -- JSON: what is written, byte for byte; absent once it is settled.
    append bytea,
    -- JSON, sealed where it holds personal data.
    result bytea not null,
    -- Once it is done. The first is absent when the command changed nothing.
    first_position bigint,
    position bigint,
    recorded_at bigint,
    constraint receipts_pk primary key (command_id),
    constraint receipts_state_known check (state in ('held', 'confirmed', 'done', 'broken')),
    constraint receipts_done_has_position check (state <> 'done' or (position is not null and recorded_at is not null)),
    constraint receipts_pending_has_append check (state not in ('held', 'confirmed') or append is not null),
    constraint receipts_input_hash_length check (length(input_hash) = 32)
);

-- Serves finding what was left behind.
create index receipts_pending on kurrent.receipts (expires_at) where expires_at is not null;

-- Streams that a command is about to write: nobody else writes them meanwhile.
create table kurrent.holds (
    tenant uuid not null,
    category text not null,
    stream_id uuid not null,
    command_id uuid not null,
    constraint holds_pk primary key (tenant, category, stream_id),
    constraint holds_of_a_command foreign key (command_id) references kurrent.receipts (command_id) on delete cascade
);

-- Serves letting go of what a command holds.
create index holds_by_command on kurrent.holds (command_id);
