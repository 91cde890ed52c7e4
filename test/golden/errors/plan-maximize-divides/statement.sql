SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT 1 / amount <= max_num
WITH variables = "amount(product)"
INTO shop.carved;
