create schema if not exists keys;

-- One wrapped key for each person, or a tombstone once it was destroyed.
create table keys.subject_keys (
  subject uuid not null,
  wrapped bytea,
  constraint subject_keys_one_each primary key (subject)
);

-- Secrets of the installation, wrapped by the master key.
create table keys.secrets (
  name text not null,
  wrapped bytea not null,
  constraint secrets_one_each primary key (name)
);
