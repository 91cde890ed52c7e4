SHOW TRAIN my_model INTO r;
