SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT SUM(amount) <= max_num
WITH variables = "amount(product)"
INTO shop.carved;
