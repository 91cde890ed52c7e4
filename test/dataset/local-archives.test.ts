import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { withUnpacked } from '../../src/dataset/archive/unpack.ts';
import { withLocalArchives } from '../../src/dataset/download/local-archives.ts';
import { MillraceError } from '../../src/errors.ts';
import { zipFile } from './zip-file.ts';

const instances = JSON.stringify({
  images: [{ id: 1, file_name: 'a.jpg', width: 4, height: 3 }],
  categories: [],
  annotations: [],
});
const archive = zipFile([
  { name: 'labels/instances.json', data: instances },
  { name: 'val/a.jpg', data: 'picture' },
]);
const sha256 = createHash('sha256').update(archive).digest('hex');

let folder = '';
let server: Server | null = null;
beforeEach(async () => {
  folder = await mkdtemp(join(inject('serversFolder'), 'local-archives-'));
});
afterEach(async () => {
  server?.close();
  server = null;
  await rm(folder, { recursive: true });
});

/** A server of this machine that counts its answers; its URL. */
async function serve(bytes: Buffer) {
  const count = { answers: 0 };
  server = createServer((_, response) => {
    count.answers += 1;
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.zip`, count };
}

const images = () => join(folder, 'new/pictures');
const local = <T>(source: string, work: (files: readonly string[]) => Promise<T>) =>
  withLocalArchives({ sources: [source], images: images(), onProgress: () => {} }, work);
const failing = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    ({ code, message }) => `${code}: ${message.replaceAll(folder, 'FOLDER')}`,
  );
const beside = () => readdir(join(folder, 'new'));

const unpacked = (source: string) =>
  local(source, (archives) =>
    withUnpacked(
      { archives, format: 'coco', annotations: null, images: images(), replace: false, onProgress: () => {} },
      async ({ annotations, publish }) => {
        expect(await readFile(annotations, 'utf8')).toBe(instances);
        return publish();
      },
    ),
  );

describe('an archive by URL', () => {
  it('is downloaded beside the folder of pictures, and removed when it is unpacked', async () => {
    const { url } = await serve(archive);
    expect(await unpacked(`${url}?key=secret#sha256=${sha256.toUpperCase()}`)).toBe(1);
    expect(await readFile(join(images(), 'a.jpg'), 'utf8')).toBe('picture');
    expect(await beside()).toEqual(['pictures']);
  });

  it('of another digest is refused', async () => {
    const { url } = await serve(archive);
    expect(await failing(unpacked(`${url}?key=secret#sha256=${'0'.repeat(64)}`))).toBe(
      `DATASET_DIGEST: ${url}?… has the SHA-256 ${sha256}; expected ${'0'.repeat(64)}`,
    );
    expect(await beside()).toEqual([]);
  });

  it('is not downloaded again after an error that is not its own', async () => {
    const { url, count } = await serve(archive);
    const fail = async () => {
      throw new MillraceError('DATABASE_UNREACHABLE', 'no database');
    };
    expect(await failing(local(url, fail))).toBe('DATABASE_UNREACHABLE: no database');
    expect(await beside()).toEqual([expect.stringMatching(/^\.pictures\.download-/)]);
    expect(await unpacked(url)).toBe(1);
    expect([count.answers, await beside()]).toEqual([1, ['pictures']]);
  });

  it('that is damaged is named by its URL and removed', async () => {
    const { url, count } = await serve(archive.subarray(0, 100));
    for (const answers of [1, 2]) {
      expect(await failing(unpacked(`${url}?key=secret`))).toBe(`DATASET_TRUNCATED: ${url}?… ends too early`);
      expect([count.answers, await beside()]).toEqual([answers, []]);
    }
  });
});

describe('an archive of this machine', () => {
  it('is checked against its digest', async () => {
    const file = join(folder, 'a.zip');
    await writeFile(file, archive);
    expect(await local(`${file}#sha256=${sha256}`, async (files) => files)).toEqual([file]);
    expect(await failing(local(`${file}#sha256=${'0'.repeat(64)}`, async () => {}))).toBe(
      `DATASET_DIGEST: FOLDER/a.zip has the SHA-256 ${sha256}; expected ${'0'.repeat(64)}`,
    );
    expect(await failing(local(`${file}.none#sha256=${sha256}`, async () => {}))).toBe(
      'DATASET_UNREADABLE: FOLDER/a.zip.none does not exist',
    );
  });

  it('can be a folder, whose files are copied once', async () => {
    const source = join(folder, 'source');
    await mkdir(join(source, 'val'), { recursive: true });
    await writeFile(join(source, 'instances.json'), instances);
    await writeFile(join(source, 'val/a.jpg'), 'picture');
    expect(await unpacked(source)).toBe(1);
    expect(await readFile(join(images(), 'a.jpg'), 'utf8')).toBe('picture');
    expect(await unpacked(source)).toBe(null);
    await symlink('/etc/passwd', join(source, 'link.jpg'));
    await rm(images(), { recursive: true });
    expect(await failing(unpacked(source))).toBe(
      "DATASET_ARCHIVE_UNSAFE: the entry 'link.jpg' in FOLDER/source is a link; only files and folders are unpacked",
    );
  });
});
