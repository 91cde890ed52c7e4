-- models
create model yolo-v5.s from '/models/a.onnx' with class_names = ['a', 'b'], storage = 'database';
CREATE MODEL cups LIKE yolo-v5.s@2 WITH latency = 5, class_coverage = [41, 39];
show models; SHOW MODELS LIKE 'y%';
describe model `yolo-v5.s`; DESCRIBE /* one */ MODEL cups@1;
drop model cups; DROP MODEL IF EXISTS "cups";
set model yolo-v5.s version 1;
CREATE TABLE model (a INT); DESCRIBE model; DESCRIBE model.x; DESC model a; SET model = 1; SET model.a = 1; SET model := 1;
EXPLAIN model; DROP TABLE model; SHOW MODEL x; CREATE VIEW models AS SELECT model FROM show_models;
