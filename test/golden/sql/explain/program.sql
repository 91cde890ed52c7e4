SELECT * FROM iris.train TO EXPLAIN my_model WITH plots = force, summary.sort=True USING TreeExplainer INTO db.result;
SELECT * FROM iris.train LIMIT 10 TO EXPLAIN sqlflow_models.my_model;
select 1 to explain m into t
