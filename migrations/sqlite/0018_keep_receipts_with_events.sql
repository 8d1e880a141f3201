-- The receipt of a command stands in the row of its last event, which has its command, organisation and time already: one
-- tree fewer in every append. What has no such event stays in a table.
alter table events add column receipt_first integer;
alter table events add column receipt_input_hash blob
    constraint events_receipt_input_hash_length check (length(receipt_input_hash) = 32);
alter table events add column receipt_result blob;

update events
set receipt_first = r.first_position, receipt_input_hash = r.input_hash, receipt_result = r.result
from receipts r
where r.position = events.position
    and r.command_id = events.command_id
    and r.tenant = events.tenant
    and r.recorded_at = events.recorded_at
    and r.first_position is not null;

-- Of commands that changed nothing.
create table receipts_apart (
    command_id blob not null,
    tenant blob not null,
    input_hash blob not null,
    first_position integer,
    -- The last event when it was written.
    position integer not null,
    -- JSON, sealed where it holds personal data.
    result blob not null,
    recorded_at integer not null,
    constraint receipts_apart_pk primary key (position, command_id),
    constraint receipts_apart_input_hash_length check (length(input_hash) = 32)
) strict, without rowid;

insert into receipts_apart
select r.*
from receipts r
left join events e on e.position = r.position and e.command_id = r.command_id and e.receipt_input_hash is not null
where e.position is null;

drop table receipts;

-- All receipts.
create view receipts as
select command_id, tenant, receipt_input_hash as input_hash, receipt_first as first_position, position,
    receipt_result as result, recorded_at, 0 as is_apart
from events
where receipt_input_hash is not null
union all
select command_id, tenant, input_hash, first_position, position, result, recorded_at, 1 as is_apart
from receipts_apart;
