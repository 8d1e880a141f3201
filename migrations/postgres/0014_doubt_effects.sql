-- Whether a restore has put the effect in doubt, 0 or 1: it may have been done after the backup was taken.
alter table effects.effects add column restored bigint not null default 0;

-- So many of the announced attempts are known not to have taken effect, or were accepted as they are by a person who
-- wants another try. What is announced beyond is in doubt. Not in the log: after a rebuild more is in doubt, not less.
alter table effects.effects add column cleared bigint not null default 0;
