SHOW MODELS 'yolo%';
