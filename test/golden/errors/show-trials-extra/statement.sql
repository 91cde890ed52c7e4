SHOW TRIALS my_model bad;
