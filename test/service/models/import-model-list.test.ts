import { describe, expect, it } from 'vitest';
import { namedModels } from '../../../src/catalog/named-models.ts';
import { migrate } from '../../../src/ledger/migrate.ts';
import { readModel } from '../../../src/ledger/registry.ts';
import { addVersion } from '../../../src/ledger/registry-changes.ts';
import { importModelList } from '../../../src/service/models/import-model-list.ts';
import { plotModels } from '../../../src/service/models/model-chart.ts';
import { servers, useDatabase } from '../../database.ts';

const list = (accuracy: number) => `id,model,latency_s,accuracy,classes,classes_unique
1,yolov3,21,0.98,7 7,7
2,yolov5m,5,${accuracy},1 2,1 2
`;

describe.each(servers)('a list of simulated models, imported on $name', (server) => {
  const database = useDatabase(server);
  const actor = { user: 'ada', isAdmin: false };

  it('registers its models once, and a new version of one that differs', async () => {
    const { pool, systemSchema } = database;
    await migrate(pool, systemSchema);
    const imported = (accuracy: number) => importModelList(pool, systemSchema, list(accuracy), actor);
    expect(await imported(0.8)).toEqual({ models: 2, added: 2, missingBases: ['yolov3', 'yolov5m'] });
    expect(await imported(0.8)).toMatchObject({ models: 2, added: 0 });
    expect(await imported(0.9)).toMatchObject({ models: 2, added: 1 });
    expect(await readModel(pool, systemSchema, 'yolov5m_2', null)).toMatchObject({
      kind: 'simulated',
      version: 2,
      base: 'yolov5m',
      simulation: { latency: 5, accuracy: 0.9, classCoverage: [1, 2] },
    });
  });

  it('can be run once the model that they vary is registered', async () => {
    const { pool, systemSchema: schema } = database;
    const fileOf = async () => (await namedModels({ pool, schema, folder: undefined }, ['yolov3_1'])).models[0]?.file;
    expect(await fileOf()).toBe('/models/yolov3.onnx');
    const facts = { family: 'yolov5', classNames: [], width: 640, height: 640, inputs: [], namesAreGiven: false };
    const none = { base: null, statement: null, simulation: null, size: 1 };
    const file = { kind: 'detector', digest: 'a'.repeat(64), location: 'path', file: '/models/v3.onnx' } as const;
    await addVersion(pool, schema, { name: 'yolov3', ...file, ...none, facts }, actor);
    expect(await fileOf()).toBe('/models/v3.onnx');
  });

  it('is drawn', async () => {
    const { svg, left } = await plotModels(database.pool, database.systemSchema);
    expect(left).toBe(1);
    expect(svg).toContain('yolov3_1');
  });

  it('registers nothing if a line is wrong', async () => {
    const { pool, systemSchema } = database;
    await expect(importModelList(pool, systemSchema, `${list(0.5)}3,x,1,2,1,1`, actor)).rejects.toThrow('line 4');
    expect(await readModel(pool, systemSchema, 'yolov5m_2', null)).toMatchObject({ version: 2 });
  });
});
