SELECT * FROM iris.test
TO EVALUATE flowres WITH validation.metrics = 'Accuracy', image_dir = '/datasets' LABEL class INTO measured;
