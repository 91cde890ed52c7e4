SELECT * FROM woodcarving
TO MAXIMIZE -) WITH v = "x" INTO r;
