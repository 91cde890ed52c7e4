SELECT * FROM woodcarving
TO MAXIMIZE a AND, b WITH v = "x" INTO r;
