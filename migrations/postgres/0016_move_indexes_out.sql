-- On SQLite indexes moved to a file of their own. Here they are filled by the statement that appends, which costs little.
select 1;
