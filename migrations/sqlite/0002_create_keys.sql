-- One wrapped key for each person, or a tombstone once it was destroyed.
create table subject_keys (
  subject blob not null,
  wrapped blob,
  constraint subject_keys_one_each primary key (subject)
) without rowid;

-- Secrets of the installation, wrapped by the master key.
create table secrets (
  name text not null,
  wrapped blob not null,
  constraint secrets_one_each primary key (name)
) without rowid;
