SELECT width - FROM demo.images WHERE a = 1 -
TO RUN millrace/worker;
