SELECT * FROM woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT amount <= 100 SUM(amount) >= 3
WITH variables = "amount(product)"
INTO result;
