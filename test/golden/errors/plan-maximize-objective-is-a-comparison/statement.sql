SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(amount) <= 3
CONSTRAINT amount <= max_num
WITH variables = "amount(product)"
INTO shop.carved;
