SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT amount <= "ten"
WITH variables = "amount(product)"
INTO shop.carved;
