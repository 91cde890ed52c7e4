SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT amount <= max_num
WITH var_type = "Reals"
INTO shop.carved;
