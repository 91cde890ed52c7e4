SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount) + amount
CONSTRAINT amount <= max_num
WITH variables = "amount(product)"
INTO shop.carved;
