SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=/etc/model.onnx", "--image_dir=/etc"
INTO demo.found;
