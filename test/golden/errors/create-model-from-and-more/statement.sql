CREATE MODEL yolov5s FROM '/models/yolov5s.onnx' 5;
