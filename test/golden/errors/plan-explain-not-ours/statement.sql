SELECT * FROM iris.test TO EXPLAIN elsewhere INTO iris.explanation;
