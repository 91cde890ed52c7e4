import { describe, expect, it } from 'vitest';
import { completeWords } from '../../../src/cli/prompt/complete-words.ts';

const names = {
  tables: async () => ['images', 'imports', 'demo.detections', 'my-shop.order'],
  models: async () => [
    { name: 'demo', file: '/models/demo.onnx' },
    { name: 'yolo11', file: '/models/yolo11.onnx' },
  ],
  classes: async () => ['cat', 'dining table', 'dog'],
  profiles: async () => [{ name: 'a100' }, { name: 'a100-mig' }, { name: 'cpu' }],
};
const searched = ['search.metric = ', 'search.trials = ', 'search.seed = ', 'search.eta = '];
const attributes = expect.arrayContaining(['partitions = ', 'write_mode = ', 'volume = ']);

describe('the completions of', () => {
  it.each([
    ['SEL', [['SELECT '], 'SEL']],
    ['sel', [['select '], 'sel']],
    ['SELECT * FROM im', [['images', 'imports'], 'im']],
    ['SELECT * FROM images, demo.', [['demo.detections'], 'demo.']],
    ['SELECT * FROM images JOIN my', [[], 'my']],
    ['SELECT * FROM images JOIN `my', [['`my-shop`.order'], '`my']],
    [
      'SELECT * FROM images\nTO ',
      [['RUN ', 'TRAIN ', 'PREDICT ', 'EXPLAIN ', 'EVALUATE ', 'FIND ', 'MAXIMIZE ', 'MINIMIZE '], ''],
    ],
    ['SELECT 1 TO PREDICT t WITH predict.', [['predict.probabilities = '], 'predict.']],
    ['SELECT 1 TO PREDICT t USING yo', [['yolo11'], 'yo']],
    ['SELECT 1 TO EXPLAIN yo', [['yolo11'], 'yo']],
    ['SELECT 1 TO EXPLAIN yolo11 WITH explain.', [['explain.samples = ', 'explain.background = '], 'explain.']],
    ['SELECT 1 TO EXPLAIN yolo11 USING ', [['TreeExplainer', 'KernelExplainer'], '']],
    ['SELECT 1 TO EXPLAIN yolo11 INTO im', [['images', 'imports'], 'im']],
    ['SELECT 1 TO FIND ', [['cat', '"dining table"', 'dog'], '']],
    ['SELECT 1 TO FIND d', [['dog'], 'd']],
    ['SELECT 1 TO FIND cat AND NOT "di', [['"dining table"'], '"di']],
    ['SELECT 1 TO FIND (cat OR "d', [['"dining table"', '"dog"'], '"d']],
    ['SELECT 1 to find cat and no', [['not '], 'no']],
    ['SELECT 1 TO FIND "dining table" ', [['AND ', 'OR ', 'WITH ', 'USING ', 'INTO '], '']],
    ['SELECT 1 TO FIND cat >= 2 a', [['and '], 'a']],
    ['SELECT 1 TO FIND cat WITH max_', [['max_cost = ', 'max_detections = ', 'max_failed_rows = '], 'max_']],
    ["SELECT 1 TO FIND cat WITH strategy = 'basic', reu", [['reuse = '], 'reu']],
    ['SELECT 1 TO FIND cat USING demo, y', [['yolo11'], 'y']],
    ['SELECT 1 TO FIND cat INTO im', [['images', 'imports'], 'im']],
    ['SELECT * FROM images TO RUN m', [['millrace/worker'], 'm']],
    [
      'SELECT * FROM images TO RUN hebafer/y',
      [['hebafer/yolov5-sqlflow', 'hebafer/yolov5-sqlflow-variation'], 'hebafer/y'],
    ],
    ['SELECT 1 TO RUN millrace/worker CMD "yolo", "--model=', [['demo', 'yolo11'], '']],
    ['SELECT 1 TO RUN millrace/worker CMD "yolo", "--model=y', [['yolo11'], 'y']],
    ['SELECT 1 TO RUN millrace/worker CMD "detect", "--im', [['image_dir=', 'image_column=', 'image_size='], 'im']],
    ['SELECT 1 TO RUN millrace/worker CMD "yolo", "--mas', [['masks'], 'mas']],
    ["SELECT 1 TO RUN millrace/worker CMD 'classify', '--output=s", [['scores'], 's']],
    ['SELECT 1 TO RUN millrace/worker CMD "yolo", "--device=cu', [['cuda'], 'cu']],
    ['SELECT 1 TO RUN a CMD "b", "--im', [[], 'im']],
    ['SELECT 1 TO RUN a CMD "b" WITH ', [attributes, '']],
    ['SELECT 1 TO RUN a CMD "b" WITH part', [['partitions = ', 'partition_by = '], 'part']],
    ["SELECT 1 TO RUN a CMD 'b' WITH volume = ['a:/b', 'c:/d'], wr", [['write_mode = '], 'wr']],
    ['SELECT 1 TO RUN a CMD "b" WITH partitions = ', [[], '']],
    ["SELECT 1 TO RUN a CMD 'b' WITH profile = '", [['a100', 'a100-mig', 'cpu'], '']],
    ["SELECT 1 TO RUN a CMD 'b' WITH gpu = 1, profile='a100-", [['a100-mig'], 'a100-']],
    ['SELECT 1 TO TRAIN dnnl', [['DNNLinearCombinedClassifier', 'DNNLinearCombinedRegressor'], 'dnnl']],
    ['SELECT 1 TO TRAIN xgboost.gbtree WITH max_d', [['max_delta_step = ', 'max_depth = '], 'max_d']],
    ['SELECT 1 TO TRAIN DNNClassifier WITH train.epoch = 3, train.b', [['train.batch_size = '], 'train.b']],
    ['SELECT 1 TO TRAIN auto', [['AutoClassifier', 'AutoRegressor'], 'auto']],
    ['SELECT 1 TO TRAIN DNNClassifier WITH search.', [searched, 'search.']],
    ['SELECT 1 TO TRAIN DNNClassifier WITH train.epoch = 3, exec.w', [['exec.workers = '], 'exec.w']],
    ['SELECT 1 TO TRAIN DNNClassifier WITH optimizer.learning_rate = log', [['LOGUNIFORM('], 'log']],
    ['SELECT 1 TO TRAIN DNNClassifier WITH train.epoch = 3, train.batch_size = C', [['CHOICE('], 'C']],
    ['SELECT 1 TO TRAIN DNNClassifier LABEL y USING ', [['grid', 'random', 'asha', 'tpe', 'demo', 'yolo11'], '']],
    ['SELECT 1 TO TRAIN DNNClassifier LABEL y INTO ', [['demo', 'yolo11'], '']],
    ['SHOW TRIALS y', [['yolo11'], 'y']],
    ['SELECT 1 TO EXPLAIN yolo11 WITH summary.s', [['summary.sort = '], 'summary.s']],
    ['SELECT 1 TO TRAIN DNNClassifier COLUMN a, EMBEDDING(CATEGORY_H', [['CATEGORY_HASH('], 'CATEGORY_H']],
    ['SELECT 1 TO MAXIMIZE SUM(a) WITH variables = "a(b)", v', [['variables = ', 'var_type = '], 'v']],
    ['SELECT 1 TO MINIMIZE SUM(a) WITH part', [[], 'part']],
    ['SELECT 1 TO MINIMIZE SUM(a) WITH b = 1 USING ', [['glpk', 'highs'], '']],
    ['WITH part AS (SELECT 1) SEL', [['SELECT '], 'SEL']],
    ['SELECT 1 TO RUN a CMD "b" WITH gpu = 1 INTO im', [['images', 'imports'], 'im']],
    ['', [[], '']],
  ])('%j', async (text, completions) => {
    expect(await completeWords(text, names)).toEqual(completions);
  });
});
