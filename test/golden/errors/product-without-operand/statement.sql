SELECT * FROM woodcarving
TO MAXIMIZE a * / b WITH v = "x" INTO r;
