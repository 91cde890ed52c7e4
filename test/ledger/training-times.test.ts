import { beforeEach, describe, expect, it } from 'vitest';
import { transaction } from '../../src/datasource/pool.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { insertTraining, readTrainingTimes, type TrainingReport } from '../../src/ledger/trainings.ts';
import { servers, useDatabase } from '../database.ts';
import { storedStatements } from '../monitoring/stored-statements.ts';

describe.each(servers)('What trainings took, on $name', (server) => {
  const database = useDatabase(server);
  const stored = storedStatements(database);
  beforeEach(() => migrate(database.pool, database.systemSchema));

  it('is read by the estimator that their statements named, whoever ran them', async () => {
    const { pool, systemSchema } = database;
    const took = (estimator: string, seconds: number) => ({
      ...{ estimator, isSearch: false, seconds, startSeconds: null, rows: 100, passes: 3 },
    });
    for (const report of [
      { took: took('DNNClassifier', 1.5) },
      {},
      { took: took('KMeans', 2) },
      { took: took('DNNClassifier', 3) },
    ]) {
      const statement = await stored.add(['train']);
      const version = { statement, step: 'step-1', name: 'm', version: 1, report: report as TrainingReport };
      await transaction(pool, (connection) => insertTraining(connection, systemSchema, version));
    }
    const times = await readTrainingTimes(pool, systemSchema, 'DNNClassifier');
    expect(times.map(({ seconds }) => seconds).toSorted()).toEqual([1.5, 3]);
    expect(times[0]).toMatchObject({
      rows: 100,
      passes: 3,
      startSeconds: null,
      measuredAt: expect.stringMatching(/^\d{4}-/),
    });
    expect(await readTrainingTimes(pool, systemSchema, 'LinearClassifier')).toEqual([]);
  });
});
