SELECT * FROM criteo.train
TO TRAIN DNNClassifier
WITH optimizer.learning_rate = UNIFORM(0.01, 0.1), validation.select = "SELECT * FROM criteo.valid", exec.workers = 3,
  profile = 'a100-mig', cpu = 2, memory = '3Gi', node_selector = 'disk=fast', timeout = '2h', retries = 0, volume = 'weights:/weights'
LABEL click
USING random
INTO m;
