SELECT * FROM iris.train WHERE class < 2
TO TRAIN BoostedTreesClassifier
WITH model.n_trees = 40, model.max_depth = 4, model.l2_regularization = 0.5, model.center_bias = TRUE, train.num_ps = 1, train.epoch = 10
LABEL class
INTO trees;

SELECT * FROM iris.train TO TRAIN randomforests WITH tree_num = 3 LABEL class INTO forest;

SELECT * FROM iris.train
TO TRAIN sqlflow_models.dnnclassifier_functional_model
WITH model.n_classes = 3, model.learning_rate = 0.1, train.epochs = 3
COLUMN "sepal.*", INDICATOR(BUCKET("petal_width|petal_length", [1, 2]))
LABEL class
INTO network;

SELECT * FROM iris.train
TO TRAIN BoostedTreesClassifier
WITH model.n_trees = INT(10, 50), search.trials = 4, eval_metric = [accuracy_score, log_loss], validation.select = "SELECT * FROM iris.test"
LABEL class
USING random
INTO searched;
