import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ZipEntry, zipFile } from '../dataset/zip-file.ts';
import { type KubernetesObject, readManifest } from '../deploy/read-manifest.ts';
import { scenes } from '../pictures.ts';
import { buildImage, canBuildImages } from './build-image.ts';
import { kubectl } from './kubectl.ts';
import { apply, inNamespace } from './manifests.ts';
import { nodeAddress, useCluster } from './use-cluster.ts';

const image = 'millrace/dataset:test';

const annotations = {
  images: scenes.map((file_name, index) => ({ id: index + 1, file_name, width: 160, height: 120 })),
  categories: [{ id: 1, name: 'thing' }],
  annotations: scenes.map((_, index) => ({ id: index + 1, image_id: index + 1, category_id: 1, bbox: [1, 2, 3, 4] })),
};

interface Container {
  command: readonly string[];
  args: readonly string[];
}

interface Claim {
  readOnly: boolean;
}

describe.skipIf(!canBuildImages)(
  'the Job of deploy/dataset.yaml (skipped where ../shared/cluster cannot build its image)',
  () => {
    const cluster = useCluster();
    let server: Server;
    let files: Readonly<Record<string, Buffer>>;

    beforeAll(async () => {
      await buildImage(image, 'docker/dataset.Dockerfile');
      const labels: ZipEntry = { name: 'annotations/instances.json', data: JSON.stringify(annotations) };
      const read = async (name: string) => ({ name, data: await readFile(join(cluster.pictures.folder, name)) });
      const pictures = await Promise.all(scenes.map(read));
      files = {
        'labels.zip': zipFile([labels]),
        'dataset.zip': zipFile([labels, ...pictures.map(({ name, data }) => ({ name: `val/${name}`, data }))]),
        ...Object.fromEntries(pictures.map(({ name, data }) => [`val/${name}`, data])),
      };
      server = createServer(({ url }, response) => {
        const file = files[url!.slice(1)];
        response.writeHead(file === undefined ? 404 : 200).end(file);
      });
      server.listen(0, nodeAddress(cluster.kubeconfig));
      await once(server, 'listening');
      await fillClaim();
    }, 1_200_000);
    afterAll(() => {
      server?.close();
    });

    const url = (path: string) =>
      `http://${nodeAddress(cluster.kubeconfig)}:${(server.address() as AddressInfo).port}/${path}`;
    const digest = (path: string) => createHash('sha256').update(files[path]!).digest('hex');

    /** Creates the Job with other settings and waits for its end. @returns what it prints */
    async function run(name: string, change: (container: Container, source: Claim) => void): Promise<string> {
      const objects = inNamespace(readManifest('dataset.yaml'), cluster.namespace);
      const job = structuredClone(objects.find(({ kind }) => kind === 'Job')) as KubernetesObject;
      const { containers, volumes } = job.spec.template.spec;
      const source = { claimName: 'downloads', readOnly: true };
      volumes.push({ name: 'source', persistentVolumeClaim: source });
      containers[0].volumeMounts.push({ name: 'source', mountPath: '/source' });
      Object.assign(containers[0], { image, imagePullPolicy: 'Never' });
      change(containers[0], source);
      const others = objects.filter(({ kind }) => kind !== 'Job');
      apply([...others, { ...job, metadata: { ...job.metadata, name } }]);
      const there = ['-n', cluster.namespace];
      // In turns with the server of archives, which is in this process.
      const isOver = () => {
        const { succeeded, failed } = JSON.parse(kubectl(['get', `job/${name}`, ...there, '--output=json']).out).status;
        if (failed !== undefined) throw new Error(kubectl(['logs', `job/${name}`, ...there]).out);
        return succeeded === 1;
      };
      await vi.waitUntil(isOver, { timeout: 180_000, interval: 1000 });
      return kubectl(['logs', `job/${name}`, ...there]).out;
    }

    /** Puts the archive and the pictures into the claim `downloads`. */
    async function fillClaim(): Promise<void> {
      const spec = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '64Mi' } } };
      const metadata = { name: 'downloads', namespace: cluster.namespace };
      apply([{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec }]);
      const program = `
import { mkdir, writeFile } from 'node:fs/promises';
await mkdir('/source/val');
for (const name of ${JSON.stringify(Object.keys(files))})
  await writeFile('/source/' + name, await (await fetch(${JSON.stringify(url(''))} + name)).bytes());`;
      await run('filler', (container, source) => {
        source.readOnly = false;
        container.command = ['node', '--input-type=module', '--eval', program];
        container.args = [];
      });
    }

    it.each<[string, string, () => readonly string[]]>([
      ['an archive by URL', 'url', () => [`${url('dataset.zip')}#sha256=${digest('dataset.zip')}`]],
      ['an archive in a claim', 'claim', () => ['/source/dataset.zip']],
      ['a folder in a claim', 'folder', () => [url('labels.zip'), '/source/val']],
    ])('fills the database and the claim from %s, for statements', async (_, folder, archives) => {
      const { name } = cluster.database;
      const log = await run(`dataset-${folder}`, (container) => {
        const into = ['--into', name, '--images', `/datasets/new/${folder}`, '--replace'];
        container.args = ['dataset', 'import', 'coco', ...into, ...archives().map((from) => `--archive=${from}`)];
      });
      expect(log).toContain(`${name}: 6 images, 6 annotations, 1 categories in `);
      expect(log).toContain('pictures: all 6 are readable and of the right size');
      const id = await cluster.start(`SELECT image_id, file_name FROM ${name}.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/new/${folder}", "--image_size=160"
WITH partitions = 2
INTO ${name}.found_by_${folder};`);
      expect(await cluster.ended(id)).toMatchObject({ state: 'succeeded', error: null, steps: [{ rows: 6 }] });
      const [row] = await cluster.query(
        `SELECT COUNT(DISTINCT i.image_id) AS images FROM found_by_${folder} AS f JOIN images AS i USING (image_id)`,
      );
      expect(row).toEqual({ images: '6' });
    });
  },
);
