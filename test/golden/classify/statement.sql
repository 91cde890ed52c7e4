SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "classify", "--model=/models/resnet18.onnx", "--image_dir=/datasets/demo", "--top=3", "--min-score=0.1",
  "--activation=softmax"
WITH partitions = 2, gpu = 1
INTO demo.classes;
