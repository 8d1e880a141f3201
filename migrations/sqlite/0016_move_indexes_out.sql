-- What is found by an id moved to a file of its own, log-index.db, which is filled behind the log by another thread and can
-- be made anew from it: four trees fewer in every append. Receipts are kept in the order in which they were written.
drop index events_by_tenant;
drop index events_by_correlation;
drop table event_links;

create table receipts_in_order (
    command_id blob not null,
    tenant blob not null,
    input_hash blob not null,
    -- Absent when the command changed nothing.
    first_position integer,
    position integer not null,
    -- JSON, sealed where it holds personal data.
    result blob not null,
    recorded_at integer not null,
    constraint receipts_pk primary key (position, command_id),
    constraint receipts_input_hash_length check (length(input_hash) = 32)
) strict, without rowid;

insert into receipts_in_order (command_id, tenant, input_hash, first_position, position, result, recorded_at)
select command_id, tenant, input_hash, first_position, position, result, recorded_at
from receipts
order by position, command_id;

drop table receipts;
alter table receipts_in_order rename to receipts;
