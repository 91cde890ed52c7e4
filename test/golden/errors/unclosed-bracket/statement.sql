SELECT COUNT(* FROM demo.images
TO RUN millrace/worker;
