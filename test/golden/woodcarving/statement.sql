-- SQLFlow's example: how many soldiers and trains to carve.
SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM((price - materials_cost - other_cost) * amount)
CONSTRAINT SUM(finishing * amount) <= 100, SUM(carpentry * amount) <= 80 AND amount <= Max_Num
WITH variables = "amount(product)", var_type = "NonNegativeIntegers", time_limit = "2m", gap = 0.01
USING glpk
INTO shop.carved;
