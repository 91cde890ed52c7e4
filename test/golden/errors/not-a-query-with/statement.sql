WITH old AS (SELECT 1) DELETE FROM t
TO RUN millrace/worker CMD "yolo";
