CREATE MODEL mine FROM '/models/mine.onnx' WITH profile = 'h100';
