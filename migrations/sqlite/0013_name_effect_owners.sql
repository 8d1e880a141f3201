-- The data folder has one owner, which frees all leases when it opens the file; the column is for PostgreSQL, where
-- there are many, and is here so that both have one shape.
alter table effects add column owner integer not null default 0;
