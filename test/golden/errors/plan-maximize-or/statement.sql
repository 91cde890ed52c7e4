SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT amount <= 3 OR amount >= 5
WITH variables = "amount(product)"
INTO shop.carved;
