SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT amount <= max_num
WITH variables = "amount(product)", vartype = "Integers", var_type = "NonNegativeInteger", worker.core = 4, gpu = 1, partitions = 2, gap = 2
INTO shop.carved;
