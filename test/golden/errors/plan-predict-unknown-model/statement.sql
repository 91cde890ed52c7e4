SELECT * FROM iris.test TO PREDICT iris.predict.class USING sqlflow_models.my_modle;
