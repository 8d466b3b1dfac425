SELECT r'\', 'it''s \'x\' ;', "a\"b", `q``q`, 1e5, x'00' -- DROP TABLE t
/* ; */ + /*+ BROADCAST(t) */ 1