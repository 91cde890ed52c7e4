SELECT image_id, file_name FROM demo.images TO RUN millrace/wroker CMD "yolo" INTO demo.detections;
