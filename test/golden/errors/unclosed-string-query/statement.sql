SELECT * FROM t WHERE a = 'it''s
TO RUN millrace/worker;
