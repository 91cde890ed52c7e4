SELECT * FROM woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT
  SUM(finishing * amount) <= 100 GROUP BY product
  amount <= max_num
WITH variables = "amount(product)"
INTO result;
