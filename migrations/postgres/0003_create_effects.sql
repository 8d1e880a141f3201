-- What the log wants done outside: rows that are found again by replaying the log, and hold ids only.

create table effects.effects (
    -- Derived from the causing event; also the command id of the outcome.
    id bytea not null,
    tenant bytea not null,
    -- JSON: the deed with its ids.
    deed text not null,
    -- The event that wants it, and the request that event came from.
    cause bytea not null,
    correlation bytea not null,
    trace text,
    position bigint not null,
    -- Business time, microseconds since 1970, UTC.
    due_at bigint not null,
    state text not null default 'open',
    -- Counts every claim; announced counts those that stand in the log; retried_at is the count at the last retry by a person.
    attempts bigint not null default 0,
    announced bigint not null default 0,
    retried_at bigint not null default 0,
    -- Raised by every claim; who writes under an older one is refused.
    fence bigint not null,
    -- Database time in milliseconds since 1970, never business time.
    lease_until bigint not null default 0,
    not_before bigint not null default 0,
    -- Short code of the last failure.
    code text,
    constraint effects_pk primary key (id),
    constraint effects_state_known check (state in ('open', 'done', 'dead'))
);

-- Serves the claim of what is due.
create index effects_due on effects.effects (due_at, position) where state = 'open';

create table effects.process_states (
    tenant bytea not null,
    interview bytea not null,
    -- JSON.
    state text not null,
    constraint process_states_pk primary key (tenant, interview)
);

-- How far the log was followed. Nothing is done before a replay from the start has reached the head.
create table effects.checkpoint (
    one bigint not null,
    position bigint not null,
    -- Raised by every rebuild, so that a lease of before means nothing after it.
    epoch bigint not null,
    ready bigint not null,
    constraint checkpoint_pk primary key (one),
    constraint checkpoint_single check (one = 1)
);

insert into effects.checkpoint (one, position, epoch, ready) values (1, 0, 1, 0);
