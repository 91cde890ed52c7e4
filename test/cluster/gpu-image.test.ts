import { beforeAll, describe, expect, it } from 'vitest';
import { detect, planOf } from '../use-session.ts';
import { buildImage, canBuildImages, removeImages } from './build-image.ts';
import { useCluster } from './use-cluster.ts';

const image = 'millrace/worker:test-cuda';

// The node advertises GPUs but has none, and no driver: what runs on CUDA itself is tested on a machine with a GPU (docs/benchmarks.md).
describe.skipIf(!canBuildImages)("the worker's image with CUDA (skipped without ../shared/cluster)", () => {
  const cluster = useCluster();
  // The build itself fails if the image lacks a library that onnxruntime's provider needs.
  beforeAll(async () => {
    await buildImage(image, 'docker/worker.Dockerfile', { target: 'cuda' });
    return () => removeImages([`docker.io/${image}`]);
  }, 1_800_000);

  async function run(device: string, table: string) {
    const engine = await cluster.engineWith({ MILLRACE_GPU_WORKER_IMAGE: image });
    const text = detect(4, table, "partitions = 1, gpu = 1, retries = 0, memory = '1Gi'").replace(
      '"--model=demo"',
      `"--model=demo", "--device=${device}"`,
    );
    const submission = cluster.submission(text, await planOf(cluster.session, text));
    await engine.submit(submission);
    const status = await cluster.ended(submission.id, engine);
    const pods = await cluster.pods(submission.id);
    const images = pods.map(({ metadata, spec }) => [
      metadata?.labels?.['millrace/source'],
      spec?.containers.find(({ name }) => name === 'main')?.image === image,
    ]);
    return { status, images: Object.fromEntries(images) };
  }

  it('runs the partitions that request GPUs, and on a CPU as well', async () => {
    const { status, images } = await run('auto', 'on_any');
    expect(status).toMatchObject({ state: 'succeeded', error: null });
    expect(images).toEqual({ prepare: false, 'worker-0': true, finish: false });
    expect(await cluster.query('SELECT COUNT(DISTINCT id) AS images FROM on_any')).toEqual([{ images: '4' }]);
  });

  it('says that a node has no driver', async () => {
    const { status } = await run('cuda', 'on_cuda');
    expect(status).toMatchObject({ state: 'failed', error: { code: 'DEVICE_UNAVAILABLE' } });
  });
});
