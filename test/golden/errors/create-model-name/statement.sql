CREATE MODEL 'my model' FROM '/models/mine.onnx';
