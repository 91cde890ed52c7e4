import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readModelList } from '../../../src/service/models/read-model-list.ts';

const header = 'id,model,latency_s,accuracy,classes,classes_unique';
const repository = new URL('../../../../shared/data/model_repository.csv', import.meta.url);

describe('a list of simulated models', () => {
  it('is read: classes once each, names of model and id', () => {
    expect(readModelList(`${header}\r\n1,yolov3,21,0.98,7 7 9,9 7\r\n\r\n`)).toEqual([
      { name: 'yolov3_1', base: 'yolov3', latency: 21, accuracy: 0.98, classCoverage: [7, 9] },
    ]);
  });

  it.runIf(existsSync(repository))('of the thesis has 125 models', () => {
    const models = readModelList(readFileSync(repository, 'utf8'));
    expect(models).toHaveLength(125);
    expect(models[0]).toEqual({ name: 'yolov3_1', base: 'yolov3', latency: 21, accuracy: 0.98, classCoverage: [7] });
  });

  it('names everything that is wrong, line by line', () => {
    const lines = [
      '1,yolov3,21,0.98,7',
      'x,yolov3,21,0.98,7,7',
      '2,,21,0.98,7,7',
      '3,yolov3,fast,0.98,7,7',
      '4,yolov3,21,1.5,7,7',
      '5,yolov3,21,0.9,person,person',
      '6,yolov3,21,0.9,7 8,7',
      '7,yolov3,21,0.9,7,7',
      '7,yolov3,21,0.9,7,7',
    ];
    expect(() => readModelList([header, ...lines].join('\n'))).toThrow(
      expect.objectContaining({
        code: 'MODEL_LIST_INVALID',
        message: [
          'line 2: 5 fields instead of 6',
          "line 3: the id 'x' is not a whole number",
          "line 4: '' is not the name of a model",
          "line 5: the latency 'fast' is not a number of ms from 0 to 600000",
          "line 6: the accuracy '1.5' is not a number from 0 to 1",
          "line 7: the classes 'person' are not ids separated by spaces",
          'line 8: classes and classes_unique differ',
          'line 10: yolov3_7 is given twice',
        ].join('\n'),
      }),
    );
  });

  it('begins with its header', () => {
    expect(() => readModelList('a,b\n')).toThrow("line 1: 'a,b' is not the header");
  });
});
