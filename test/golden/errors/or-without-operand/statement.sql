SELECT * FROM woodcarving
TO MAXIMIZE a OR WITH v = "x" INTO r;
