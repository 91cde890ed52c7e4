SELECT * FROM iris.train
TO TRAIN registry.example/torch-trainer:1/TorchMLP
WITH model.hidden_units = [16], train.epoch = 5, gpu = 1, volume = 'weights:/weights'
LABEL class
INTO flowers;
