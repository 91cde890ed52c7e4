CREATE MODEL mine FORM '/models/mine.onnx';
