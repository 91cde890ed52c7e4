SELECT * FROM woodcarving
TO MAXIMIZE x WITH v = "x" INTO t u;
