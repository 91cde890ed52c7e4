SELECT * FROM iris.train TO TRAIN sqlflow_models.DNNClasifier LABEL class INTO m;
