-- Who holds a lease: the number under which a living node keeps a session lock, see workers/src/owner.rs. 0: nobody
-- that can be asked, so that only the end of the lease frees it.
alter table effects.effects add column owner bigint not null default 0;

-- Numbers for nodes. A number is never in use twice at once, and after two thousand million starts comes again.
create sequence effects.owners as integer cycle;
