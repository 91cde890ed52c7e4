SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT amount + 1
WITH variables = "amount(product)"
INTO shop.carved;
