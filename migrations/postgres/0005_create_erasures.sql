-- Who was erased. A schema of its own: neither a backup of the log nor one of the keys holds it, and no restore touches it.
create table erasures.subjects (
    subject uuid not null,
    constraint subjects_pk primary key (subject)
);
