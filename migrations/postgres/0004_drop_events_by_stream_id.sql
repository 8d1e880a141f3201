-- The events of one id are found through events_stream_version, asked for every category: one index less in every append.
drop index log.events_by_stream_id;
