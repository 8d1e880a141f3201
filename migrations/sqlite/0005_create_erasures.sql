-- Who was erased is kept in a file of lines beside the databases, not in one of them: erasures.jsonl.
select 1;
