import { execFileSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { openAnswerCheck, routesOf } from './openapi-document.ts';
import { useServer } from './use-server.ts';

const server = useServer({ picturesPerMinute: 200 });

const detect = (select: string, into: string, attributes = 'partitions = 1') => `${select}
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets", "--image_size=160"
WITH ${attributes} INTO ${into};`;

let id: string;
const pictures = () => `/v1/statements/${id}/pictures`;

beforeAll(async () => {
  const { body } = await server.run(detect('SELECT id, file_name FROM shot ORDER BY id LIMIT 12', 'seen'));
  expect(body.error).toBeNull();
  id = body.id;
});

describe('GET /v1/statements/{id}/pictures/{row}', () => {
  it('answers with the picture of the row, scaled down, and its size before', async () => {
    const answer = await server.ask('GET', `${pictures()}/2?size=64&format=jpeg`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    const stored = await sharp(join(server.pictures.folder, 'scene-2.jpg')).metadata();
    expect(answer.headers.get('millrace-picture-width')).toBe(String(stored.width));
    expect(answer.headers.get('millrace-picture-height')).toBe(String(stored.height));
    const shown = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
    expect(Math.max(shown.width, shown.height)).toBe(64);
    expect((await server.ask('GET', `${pictures()}/2`)).headers.get('content-type')).toBe('image/webp');
  });

  it('turns a picture upright, and never enlarges it', async () => {
    const wide = sharp({ create: { width: 60, height: 20, channels: 3, background: '#36c' } });
    const bytes = await wide.withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const answer = await shown('turned.jpg', bytes);
    const { width, height } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
    expect([width, height]).toEqual([20, 60]);
    expect(answer.headers.get('millrace-picture-height')).toBe('60');
  });

  it('answers 304 to a client that has it, until the file changes', async () => {
    const first = await server.ask('GET', `${pictures()}/3?size=100`);
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[0-9a-f]{32}-100-webp"$/);
    expect(first.headers.get('cache-control')).toBe('private, max-age=60');
    expect(first.headers.get('vary')).toMatch(/authorization/i);
    const again = (more: string, tags: string) =>
      server.ask('GET', `${pictures()}/3?size=${more}`, { headers: { 'if-none-match': tags } });
    expect((await again('100', tag)).status).toBe(304);
    expect((await again('100', `"other", W/${tag}`)).status).toBe(304);
    expect((await again('101', tag)).status).toBe(200);
    const file = join(server.pictures.folder, 'scene-3.jpg');
    const before = await readFile(file);
    await writeFile(file, await readFile(join(server.pictures.folder, 'scene-4.jpg')));
    expect((await again('100', tag)).status).toBe(200);
    await writeFile(file, before);
  });

  it('shows pictures only to those who may see the statement', async () => {
    for (const user of ['bob', 'rita'] as const) {
      for (const path of [`${pictures()}/1`, pictures(), `/v1/statements/${id}/classes`])
        expect((await server.json('GET', path, { user })).body, path).toMatchObject({
          code: 'UNKNOWN_STATEMENT',
          status: 404,
        });
    }
    expect((await server.ask('GET', `${pictures()}/1`, { user: 'root' })).status).toBe(200);
    expect((await server.json('GET', `${pictures()}/1`, { user: null })).body.code).toBe('UNAUTHENTICATED');
  });

  it('says that a row has no picture', async () => {
    expect((await server.json('GET', `${pictures()}/999999`)).body).toMatchObject({
      code: 'PICTURE_MISSING',
      status: 404,
    });
    for (const row of ['0', '-1', '1e3', 'x', '1%20OR%201=1', '99999999999999999999'])
      expect((await server.json('GET', `${pictures()}/${row}`)).body.code, row).toBe('REQUEST_INVALID');
    const { body } = await server.run('SELECT 1 AS one');
    expect((await server.json('GET', `/v1/statements/${body.id}/pictures/1`)).body).toMatchObject({
      code: 'NO_RESULT',
      status: 404,
    });
  });

  it('does not read outside the volumes of the statement, whatever the table says later', async () => {
    await writeFile(join(server.pictures.folder, '../secret.jpg'), await readFile(scene(1)));
    await symlink('../secret.jpg', join(server.pictures.folder, 'link.jpg'));
    await symlink('..', join(server.pictures.folder, 'up'));
    await mkdir(join(server.pictures.folder, 'folder.jpg'));
    execFileSync('mkfifo', [join(server.pictures.folder, 'pipe.jpg')]);
    const names = [
      ...['../secret.jpg', 'a/../../secret.jpg', '/datasets/../secret.jpg', '/models/demo.onnx', 'link.jpg'],
      ...[
        'up/secret.jpg',
        '/etc/passwd',
        '/dev/zero',
        '/proc/self/environ',
        'file:///etc/passwd',
        'folder.jpg',
        'pipe.jpg',
      ],
      ...[
        's3://other/x.jpg',
        'http://127.0.0.1:1/x.jpg',
        'http://[::1]/x.jpg',
        'http://169.254.169.254/latest',
        '',
        '.',
      ],
    ];
    for (const name of names) {
      const { body } = await problemOf(name);
      expect([name, ['PICTURE_UNREADABLE', 'PICTURE_MISSING'].includes(body.code)]).toEqual([name, true]);
      expect(body.detail, name).not.toContain(join(server.pictures.folder, '..'));
      expect(JSON.stringify(body), name).not.toContain('root:');
    }
  });

  it('says what is wrong with a broken file, and keeps answering', async () => {
    const jpeg = await readFile(scene(1));
    const files: Record<string, Buffer> = {
      'empty.jpg': Buffer.alloc(0),
      'text.jpg': Buffer.from('not a picture'),
      'half.jpg': jpeg.subarray(0, jpeg.length / 2),
      'shape.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>'),
      'page.jpg': Buffer.from('<!doctype html><script>alert(1)</script>'),
      'wide.png': hugePng(100_000, 100_000),
      'deep.png': hugePng(0x7fffffff, 0x7fffffff),
      'noise.webp': Buffer.concat([Buffer.from('RIFF\xff\xff\xff\x7fWEBPVP8 ', 'latin1'), Buffer.alloc(5000, 0xa5)]),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await writeFile(join(server.pictures.folder, name), bytes);
      const { status, body } = await problemOf(name);
      expect([name, status, body.code]).toEqual([name, 422, 'PICTURE_UNREADABLE']);
      expect(body.detail).not.toContain(server.pictures.folder);
    }
    expect((await server.ask('GET', `${pictures()}/1`)).status).toBe(200);
  });

  it('says that a result does not keep pictures which the query selected as bytes', async () => {
    await server.database.pool.query('CREATE TABLE kept (id INT PRIMARY KEY, image LONGBLOB)');
    const bytes = await readFile(scene(5));
    await server.database.pool.query('INSERT INTO kept VALUES (1, ?)', [bytes]);
    const select = 'SELECT id, image FROM kept';
    const { body } = await server.run(
      `${select} TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_size=160" INTO kept_seen`,
    );
    expect((await server.json('GET', `/v1/statements/${body.id}/pictures/1`)).body).toMatchObject({
      code: 'PICTURE_MISSING',
      detail: 'the query selected the pictures themselves, which the result does not keep',
    });
    const page = (await server.json('GET', `/v1/statements/${body.id}/pictures`)).body;
    expect(page.pictures[0]).toMatchObject({ row: 1, name: null });
  });

  it('says that the server does not mount the volume', async () => {
    const elsewhere = await server.another({ MILLRACE_VOLUMES: '/datasets=/nowhere/at/all' });
    const { body } = await server.json('GET', `${pictures()}/1`, { url: elsewhere.url });
    expect(body).toMatchObject({ code: 'PICTURE_NOT_MOUNTED', status: 501 });
    expect(body.detail).toBe('the pictures are in the volume /datasets, which this server does not mount');
  });

  it('allows a user so many pictures a minute, beside other requests', async () => {
    const asked = Array.from({ length: 201 }, () => server.ask('HEAD', `${pictures()}/1`, { user: 'root' }));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses).toContain(429);
    expect((await server.ask('GET', pictures(), { user: 'root' })).status).toBe(200);
  });

  const scene = (number: number) => join(server.pictures.folder, `scene-${number}.jpg`);

  /** The picture of a row whose name the user has changed. */
  async function asked(name: string): Promise<Response> {
    await server.database.pool.query('UPDATE seen SET file_name = ? WHERE millrace_row = 1', [name]);
    try {
      return await server.ask('GET', `${pictures()}/1?format=jpeg`);
    } finally {
      await server.database.pool.query("UPDATE seen SET file_name = 'scene-1.jpg' WHERE millrace_row = 1");
    }
  }
  async function problemOf(name: string) {
    const answer = await asked(name);
    return { status: answer.status, body: (await answer.json()) as { code: string; detail: string } };
  }
  async function shown(name: string, bytes: Buffer): Promise<Response> {
    await writeFile(join(server.pictures.folder, name), bytes);
    return asked(name);
  }
});

/** A PNG whose header promises more pixels than it has. */
function hugePng(width: number, height: number): Buffer {
  const header = Buffer.alloc(33);
  header.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  header.set([8, 2, 0, 0, 0], 24);
  return Buffer.concat([header, Buffer.alloc(64)]);
}

describe('GET /v1/statements/{id}/pictures', () => {
  it('has each picture once, with its boxes, in pages', async () => {
    const rows = (await server.run('SELECT millrace_row, file_name, class_name, score, x1, y1, x2, y2 FROM seen')).body
      .result.rows as (string | number)[][];
    const read = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await server.json('GET', `${pictures()}?limit=5${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(body).toMatchObject({ step: 'step-1', kind: 'boxes', labels: null });
      read.push(...body.pictures);
      cursor = body.next;
    }
    expect(read.map(({ row }) => row)).toEqual(
      [...new Set(rows.map(([row]) => Number(row)))].toSorted((a, b) => a - b),
    );
    const found = read.flatMap(({ row, name, found }) =>
      found.map((each: Record<string, unknown>) => [
        String(row),
        name,
        each.name,
        each.score,
        ...(each.box as number[]),
      ]),
    );
    expect(found.toSorted()).toEqual(rows.toSorted());
  });

  it('has only pictures in which a class was found, by its score', async () => {
    const { classes } = (await server.json('GET', `/v1/statements/${id}/classes`)).body;
    const { name, pictures: showing } = classes.at(-1);
    const { body } = await server.json('GET', `${pictures()}?class=${encodeURIComponent(name)}&limit=200`);
    expect(body.pictures).toHaveLength(showing);
    for (const { found } of body.pictures) expect(found.map((each: { name: string }) => each.name)).toContain(name);
    const sure = (await server.json('GET', `${pictures()}?minScore=0.999`)).body;
    expect(sure.pictures.length).toBeLessThan(12);
    for (const wrong of [name.toUpperCase(), "x' OR '1'='1", '\\', '`', '😀'])
      expect((await server.json('GET', `${pictures()}?class=${encodeURIComponent(wrong)}`)).body.pictures).toEqual([]);
  });

  it('is as /openapi.json documents it', async () => {
    const document = (await server.json('GET', '/openapi.json', { user: null })).body;
    const check = openAnswerCheck(document);
    for (const part of ['pictures', 'classes', 'pictures/{row}']) {
      const route = routesOf(document).find(({ path }) => path === `/v1/statements/{id}/${part}`)!;
      const answer = await server.ask('GET', `/v1/statements/${id}/${part.replace('{row}', '1')}`);
      const type = answer.headers.get('content-type') ?? '';
      expect([part, check(route, answer.status, type, await answer.text())]).toEqual([part, null]);
    }
  });

  it('counts the classes as SQL does, with a histogram of the scores', async () => {
    const { body } = await server.json('GET', `/v1/statements/${id}/classes`);
    const sql = 'SELECT class_name, COUNT(*), COUNT(DISTINCT millrace_row) FROM seen GROUP BY class_name';
    const rows = (await server.run(sql)).body.result.rows as [string, string, string][];
    expect(body).toMatchObject({ step: 'step-1', selected: 12, isComplete: true });
    const counted = body.classes.map((each: Record<string, unknown>) => [
      each.name,
      `${each.objects}`,
      `${each.pictures}`,
    ]);
    expect(counted.toSorted()).toEqual(rows.toSorted());
    for (const { objects, scores } of body.classes) {
      expect(scores).toHaveLength(20);
      expect(scores.reduce((sum: number, bar: number) => sum + bar, 0)).toBe(objects);
    }
  });

  it('shows the boxes of a dataset beside those found, or of a table that is named', async () => {
    const { pool } = server.database;
    await pool.query('CREATE TABLE images (image_id INT PRIMARY KEY, file_name VARCHAR(60))');
    await pool.query('CREATE TABLE categories (category_id INT PRIMARY KEY, name VARCHAR(60))');
    await pool.query(
      'CREATE TABLE annotations (image_id INT, category_id INT, x DOUBLE, y DOUBLE, width DOUBLE, height DOUBLE)',
    );
    await pool.query("INSERT INTO images VALUES (7, 'scene-1.jpg'), (8, 'scene-2.jpg')");
    await pool.query("INSERT INTO categories VALUES (1, '<b>cat</b>')");
    await pool.query('INSERT INTO annotations VALUES (7, 1, 10, 20, 30, 40)');
    const { body } = await server.run(detect('SELECT image_id, file_name FROM images', 'seen_images'));
    const page = (await server.json('GET', `/v1/statements/${body.id}/pictures`)).body;
    expect(page.labels).toBe('annotations');
    expect(page.pictures.map(({ name, truth }: Record<string, unknown>) => [name, truth])).toEqual([
      ['scene-1.jpg', [{ name: '<b>cat</b>', box: [10, 20, 40, 60] }]],
      ['scene-2.jpg', []],
    ]);
    const without = (await server.json('GET', `/v1/statements/${body.id}/pictures?labels=`)).body;
    expect([without.labels, without.pictures[0].truth]).toEqual([null, null]);
    await pool.query("CREATE TABLE other_labels AS SELECT 'scene-2.jpg' AS file_name, 'dog' AS class_name");
    const other = (await server.json('GET', `/v1/statements/${body.id}/pictures?labels=other_labels`)).body;
    expect(other.pictures[1].truth).toEqual([{ name: 'dog', box: null }]);
    const refusals: [string, string][] = [
      ['nowhere', 'LABELS_UNUSABLE'],
      ['a.b.c', 'REQUEST_INVALID'],
      [`${server.database.systemSchema}.statements`, 'SYSTEM_SCHEMA'],
      ['x`; DROP TABLE seen; --', 'LABELS_UNUSABLE'],
    ];
    for (const [table, code] of refusals)
      expect(
        (await server.json('GET', `/v1/statements/${body.id}/pictures?labels=${encodeURIComponent(table)}`)).body,
        table,
      ).toMatchObject({ code });
  });

  it('refuses a cursor of another list, and says that the table is gone', async () => {
    for (const cursor of ['x', 'eyJyb3ciOjF9', 'eyJwaWN0dXJlIjotMX0'])
      expect((await server.json('GET', `${pictures()}?cursor=${cursor}`)).status, cursor).toBe(400);
    const { body } = await server.run(detect('SELECT id, file_name FROM shot LIMIT 2', 'seen_briefly'));
    await server.run('DROP TABLE seen_briefly');
    for (const path of ['pictures', 'pictures/1', 'classes'])
      expect((await server.json('GET', `/v1/statements/${body.id}/${path}`)).body).toMatchObject({
        code: 'RESULT_GONE',
        status: 410,
      });
  });

  it('has pictures of a classification, of the best five classes and of scores', async () => {
    const kinds: [string, string][] = [
      ['--output=top5', 'best'],
      ['--output=scores', 'scores'],
    ];
    for (const [option, kind] of kinds) {
      const { body } = await server.run(
        `SELECT id, file_name FROM shot LIMIT 3 TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets", "--image_size=160", "${option}" INTO seen_${kind}`,
      );
      const page = (await server.json('GET', `/v1/statements/${body.id}/pictures`)).body;
      expect([page.kind, page.pictures.length]).toEqual([kind, 3]);
      expect(page.pictures[0].found[0]).toMatchObject({
        name: expect.any(String),
        score: expect.any(Number),
        box: null,
      });
      const { classes } = (await server.json('GET', `/v1/statements/${body.id}/classes`)).body;
      expect(classes[0].pictures).toBeGreaterThan(0);
      const of = `/v1/statements/${body.id}/pictures?minScore=0.5&class=${encodeURIComponent(classes[0].name)}`;
      expect((await server.json('GET', of)).body.pictures.length).toBeGreaterThan(0);
    }
  });
});
