import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../src/errors.ts';
import { identifyModel } from '../../../../src/worker/programs/identify-model.ts';
import { predictRows } from '../../../../src/worker/programs/predict/predict-rows.ts';
import { openTabular } from '../../../../src/worker/programs/predict/tabular-session.ts';
import { trainerFolder } from '../../../../src/worker/train/environment.ts';
import { hasPython, INSTALL_MS, trainerPython } from '../../../trainer/python.ts';

interface Said {
  readonly columns: Readonly<Record<string, readonly (number | string | null)[]>>;
  /** By the library that trained the model. */
  readonly library: Readonly<Record<'labels' | 'probabilities' | 'values', readonly number[] | null>>;
}

describe.skipIf(!hasPython)('The predictions of the worker', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-predict-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    const script = fileURLToPath(new URL('train_all.py', import.meta.url));
    const env = { PATH: process.env.PATH, PYTHONPATH: trainerFolder };
    const { status, stderr } = spawnSync(await trainerPython(), [script, folder], { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }, INSTALL_MS);

  it('are those of the library within 1e-5, of every estimator on iris, breast cancer and diabetes, and of every objective', async () => {
    const names = readdirSync(folder).sort();
    expect(names).toHaveLength(43);
    const differences = new Map<string, number>();
    for (const name of names) differences.set(name, await largestDifference(join(folder, name)));
    console.info(Object.fromEntries(differences));
    for (const [name, difference] of differences) expect(difference, name).toBeLessThan(1e-5);
  });

  it('of texts and NULLs that training did not see are predictions, too', async () => {
    for (const name of readdirSync(folder).filter((each) => !each.endsWith('.KMeans'))) {
      const session = await openTabular({
        modelFile: join(folder, name, 'out/model.onnx'),
        modelRoot: null,
        threads: 1,
      });
      const { inputs } = session.model;
      const unseen = inputs.map(({ kind }) => (kind === 'text' ? 'a text that nobody has seen' : 1));
      const said = await predictRows(session, [inputs.map(() => null), unseen], true);
      expect(
        said.filter((each) => each instanceof MillraceError),
        name,
      ).toEqual([]);
      await session.close();
    }
  });

  async function largestDifference(of: string): Promise<number> {
    const modelFile = join(of, 'out/model.onnx');
    const settings = { modelFile, modelRoot: null, device: 'cpu', threads: 1, imageSize: null } as const;
    const { tabular } = await identifyModel(settings, null, null);
    const { columns, library } = JSON.parse(readFileSync(join(of, 'library.json'), 'utf8')) as Said;
    const session = await openTabular({ modelFile, modelRoot: null, threads: 1 });
    const count = Object.values(columns)[0]!.length;
    const rows = Array.from({ length: count }, (_, row) => tabular!.inputs.map(({ name }) => columns[name]![row]!));
    const said = await predictRows(session, rows, true);
    await session.close();
    const wanted = library.probabilities ?? library.values!;
    const width = wanted.length / count;
    let largest = 0;
    for (const [row, each] of said.entries()) {
      if (each instanceof MillraceError) throw each;
      const found = tabular!.output === 'value' ? each.values.map(Number) : each.scores;
      const own = wanted.slice(row * width, (row + 1) * width);
      expect(found).toHaveLength(width);
      for (const [at, value] of found.entries())
        largest = Math.max(largest, Math.abs(value - own[at]!) / Math.max(1, Math.abs(own[at]!)));
      const label = library.labels?.[row];
      const [first = 0, second = 0] = own.toSorted((one, other) => other - one);
      // Where two classes are as likely, either is right.
      if (tabular!.output === 'class' && first - second > 1e-5)
        expect(String(each.values[0])).toBe(session.model.classNames[label!]);
    }
    return largest;
  }
});
