SELECT * FROM iris.test TO EVALUATE my_model WITH validation.metrics="MAE,MSE" LABEL class INTO evaluation_result;
select 1 to evaluate m label 'my label' into d.t
