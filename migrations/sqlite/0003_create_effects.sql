-- What the log wants done outside: rows that are found again by replaying the log, and hold ids only.

create table effects (
    -- Derived from the causing event; also the command id of the outcome.
    id blob not null,
    tenant blob not null,
    -- JSON: the deed with its ids.
    deed text not null,
    -- The event that wants it, and the request that event came from.
    cause blob not null,
    correlation blob not null,
    trace text,
    position integer not null,
    -- Business time, microseconds since 1970, UTC.
    due_at integer not null,
    state text not null default 'open',
    -- Counts every claim; announced counts those that stand in the log; retried_at is the count at the last retry by a person.
    attempts integer not null default 0,
    announced integer not null default 0,
    retried_at integer not null default 0,
    -- Raised by every claim; who writes under an older one is refused.
    fence integer not null,
    -- Database time in milliseconds since 1970, never business time.
    lease_until integer not null default 0,
    not_before integer not null default 0,
    -- Short code of the last failure.
    code text,
    constraint effects_pk primary key (id),
    constraint effects_state_known check (state in ('open', 'done', 'dead'))
) strict, without rowid;

-- Serves the claim of what is due.
create index effects_due on effects (due_at, position) where state = 'open';

create table process_states (
    tenant blob not null,
    interview blob not null,
    -- JSON.
    state text not null,
    constraint process_states_pk primary key (tenant, interview)
) strict, without rowid;

-- How far the log was followed. Nothing is done before a replay from the start has reached the head.
create table checkpoint (
    one integer not null,
    position integer not null,
    -- Raised by every rebuild, so that a lease of before means nothing after it.
    epoch integer not null,
    ready integer not null,
    constraint checkpoint_pk primary key (one),
    constraint checkpoint_single check (one = 1)
) strict;

insert into checkpoint (one, position, epoch, ready) values (1, 0, 1, 0);
