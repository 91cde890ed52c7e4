CREATE MODEL mine FROM /models/mine.onnx;
