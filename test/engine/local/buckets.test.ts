import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { mariadb } from '../../database.ts';
import { scenes } from '../../pictures.ts';
import { s3Program, useS3 } from '../../s3/versitygw.ts';
import { ended, planOf, submit, useSession } from '../../use-session.ts';

const command = (...options: string[]) =>
  `SELECT * FROM pictures ORDER BY id TO RUN millrace/worker CMD "detect", "--image_size=160", ${options.map((each) => `"${each}"`).join(', ')}`;

describe.skipIf(s3Program === null)('images and models of buckets (skipped if Go cannot install an S3 server)', () => {
  const test = useSession(mariadb);
  const s3 = useS3();

  beforeAll(async () => {
    await s3.createBucket('datasets');
    await s3.createBucket('models');
    const { folder, volumes } = test.pictures;
    for (const name of scenes.slice(0, 3))
      await s3.put('datasets', `team/scenes/${name}`, await readFile(join(folder, name)));
    await s3.put('models', 'demo.onnx', await readFile(join(volumes['/models']!, 'demo.onnx')));
    await test.query('CREATE TABLE pictures (id INT PRIMARY KEY, image VARCHAR(200))');
    await test.query('INSERT INTO pictures VALUES ?', [scenes.slice(0, 3).map((name, index) => [index, name])]);
  });
  beforeEach(() => {
    // The workers inherit it.
    for (const [name, value] of Object.entries(s3.environment('datasets/team,models'))) vi.stubEnv(name, value);
    vi.stubEnv('MILLRACE_MODEL_CACHE', join(test.config.stateFolder, 'cache'));
  });
  afterEach(() => vi.unstubAllEnvs());

  const found = async (table: string) =>
    test.query(`SELECT id, COUNT(*) AS n, SUM(x1) AS x FROM ${table} GROUP BY id ORDER BY id`);

  it('give the same detections as files', async () => {
    const fromFiles = `${command('--model=demo', '--image_dir=/datasets')} WITH partitions = 1 INTO from_files`;
    const fromBuckets = `${command('--model=s3://models/demo.onnx', '--image_dir=s3://datasets/team/scenes/')} WITH partitions = 2 INTO from_buckets`;
    expect((await ended(test.session, await submit(test.session, fromFiles))).state).toBe('succeeded');
    const status = await ended(test.session, await submit(test.session, fromBuckets));
    expect(status.error).toBeNull();
    expect(await found('from_buckets')).toEqual(await found('from_files'));
  });

  it('fail their rows only, in words, and nothing stored or logged has the credentials', async () => {
    await test.query('CREATE TABLE mixed (id INT PRIMARY KEY, image VARCHAR(200))');
    const images = [
      `s3://datasets/team/scenes/${scenes[0]}`,
      's3://datasets/team/scenes/gone.jpg',
      's3://datasets/private/a.jpg',
      's3://other/a.jpg',
      '../../secret.jpg',
      `./x/../${scenes[1]}`,
    ];
    await test.query('INSERT INTO mixed VALUES ?', [images.map((image, id) => [id, image])]);
    const sql = `SELECT * FROM mixed ORDER BY id TO RUN millrace/worker CMD "detect", "--image_size=160", "--model=demo", "--image_dir=s3://datasets/team/scenes"
WITH partitions = 1, max_failed_rows = 4 INTO mixed_found`;
    const id = await submit(test.session, sql);
    const status = await ended(test.session, id);
    expect(status.error).toBeNull();
    const failed = await test.query(
      `SELECT row_id, error_code AS code, error_message AS message FROM \`${test.database.systemSchema}\`.ledger WHERE error_code IS NOT NULL ORDER BY row_id`,
    );
    expect(failed.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'IMAGE_MISSING: the bucket has no such object (404): s3://datasets/team/scenes/gone.jpg',
      'IMAGE_URL_REFUSED: the statement may not read the bucket: s3://datasets/private/a.jpg',
      'IMAGE_URL_REFUSED: the statement may not read the bucket: s3://other/a.jpg',
      'IMAGE_OUTSIDE: outside s3://datasets/team/scenes: ../../secret.jpg',
    ]);
    const plan = JSON.stringify(await planOf(test.session, sql.replace('mixed_found', 'other_found')));
    const logs = await readdir(test.config.stateFolder, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      logs.filter((each) => each.isFile()).map((each) => readFile(join(each.parentPath, each.name), 'utf8')),
    );
    expect(texts.length).toBeGreaterThan(0);
    for (const text of [plan, ...texts])
      expect(text).not.toMatch(new RegExp(`${s3.secretAccessKey}|${s3.accessKeyId}`));
  });

  it('can be registered, and the registered file is what runs', async () => {
    const program = `CREATE MODEL of_bucket FROM 's3://models/demo.onnx';
${command('--model=of_bucket', '--image_dir=s3://datasets/team/scenes')} WITH partitions = 1 INTO registered_found;`;
    const status = await ended(test.session, await submit(test.session, program));
    expect(status.error).toBeNull();
    await s3.put('models', 'demo.onnx', Buffer.from('not the model'));
    vi.stubEnv('MILLRACE_MODEL_CACHE', join(test.config.stateFolder, 'empty-cache'));
    const again = await submit(
      test.session,
      `${command('--model=of_bucket', '--image_dir=s3://datasets/team/scenes')} WITH partitions = 1 INTO changed_found`,
    );
    expect((await ended(test.session, again)).error).toMatchObject({
      code: 'MODEL_CHANGED',
      message: expect.stringContaining('s3://models/demo.onnx does not have the SHA-256'),
    });
  });

  it('are refused at their place in the text if the administrator does not allow the bucket', async () => {
    const sql = `${command('--model=s3://models/demo.onnx', '--image_dir=s3://datasets/other')} INTO refused_found`;
    await expect(planOf(test.session, sql)).rejects.toMatchObject({
      code: 'BUCKET_NOT_ALLOWED',
      message: '--image_dir names s3://datasets/other, which you may not read',
      hint: 'you may read s3://datasets/team, s3://models',
      span: { start: sql.indexOf('"--image_dir'), end: expect.any(Number) },
    });
    const plan = await test.session.plan(
      await test.session.parse(sql.replace('datasets/other', 'datasets/team/x')),
      test.session.actor,
      { buckets: ['datasets', 'models'] },
    );
    expect(plan.steps[0]).toMatchObject({ buckets: ['datasets/team', 'models'] });
    await expect(
      test.session.plan(await test.session.parse(sql), test.session.actor, { buckets: [] }),
    ).rejects.toMatchObject({
      hint: 'use a volume, or ask an administrator for a bucket',
    });
  });
});
