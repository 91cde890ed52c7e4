CREATE TABLE my_training AS SELECT COALESCE(f, 0), NULLIF(g, "") label FROM visits WHERE dt < '20200313';
-- train
SELECT * FROM my_training TO TRAIN MyDNNRegressor LABEL 'label' INTO m; -- and predict
SELECT * FROM my_test TO PREDICT p USING m;
SELECT * FROM p;
SHOW TRAIN m;
set odps.stage.mapper.num=1;;
