SELECT * FROM alifin.train TO RUN registry.example.org/team/ts_data_pre_processing_suite:1.0
CMD "data_preprocess.py", "--time_column=t" WITH partitions = 3, gpu = 1, timeout = '10m'
INTO alifin.train_result, alifin.test_result;
