SELECT * FROM shop.customers
TO TRAIN xgboost.gbtree
WITH objective = binary:logistic, eta = 0.3, max_depth = 4, train.num_boost_round = 50, model.weight_column = "weight",
  profile = 'a100-mig', gpu = 0, cpu = 2, memory = '2Gi', retries = 1, timeout = '10m'
LABEL customers.churned
USING churn
INTO churn;

SELECT * FROM shop.customers
TO TRAIN DNNLinearCombinedClassifier
COLUMN age, EMBEDDING(CATEGORY_HASH(city, 100), 8) FOR dnn_feature_columns
COLUMN INDICATOR(CATEGORY_HASH(city, 100)), INDICATOR(SPARSE(tags, 50, COMMA)) FOR linear_feature_columns
LABEL churned
USING churn
INTO churn.wide;
