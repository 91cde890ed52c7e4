import { expect, it } from 'vitest';
import { readDeployment } from '../../../src/engine/argo/config.ts';

it('requires only the image of the worker', () => {
  expect(readDeployment({ MILLRACE_WORKER_IMAGE: 'r/w:1' }, 'millrace', [])).toEqual({
    namespace: 'millrace',
    serviceAccount: 'workflow',
    imageUrls: null,
    buckets: null,
    workerImage: 'r/w:1',
    gpuWorkerImage: 'r/w:1',
    trainerImage: null,
    images: { 'millrace/worker': 'r/w:1' },
    datasource: { secret: 'millrace-datasource', key: 'dsn' },
    systemDatasource: null,
    readerDatasource: null,
    foreignDatasource: { secret: 'millrace-datasource', key: 'dsn' },
    schema: 'millrace',
    profiles: [],
    places: { namespace: 'millrace', configMap: 'millrace-places' },
    gpuTolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    deadlineSeconds: 86_400,
    statementUrl: null,
  });
  expect(() => readDeployment({}, 'millrace', [])).toThrow(expect.objectContaining({ code: 'WORKER_IMAGE_MISSING' }));
});

it('reads all settings', () => {
  const environment = {
    MILLRACE_NAMESPACE: 'vision',
    MILLRACE_WORKER_IMAGE: 'r/w:1',
    MILLRACE_GPU_WORKER_IMAGE: 'r/w:1-cuda',
    MILLRACE_IMAGES: 'hebafer/yolov5-sqlflow=r/yolo:2, other=r/other@sha256:1,',
    MILLRACE_SERVICE_ACCOUNT: 'runner',
    MILLRACE_DATASOURCE_SECRET: 'database/url',
    MILLRACE_SYSTEM_DATASOURCE_SECRET: 'system/dsn',
    MILLRACE_READER_DATASOURCE_SECRET: 'reader/dsn',
    MILLRACE_FOREIGN_DATASOURCE_SECRET: 'foreign/dsn',
    MILLRACE_IMAGE_URLS: 'public,10.20.0.0/16',
    MILLRACE_BUCKETS: 'datasets,models/public',
    MILLRACE_S3_ENDPOINT: 'https://store.example',
    MILLRACE_S3_SECRET: 'millrace-buckets',
    MILLRACE_STATEMENT_URL: 'https://millrace.example/statements/',
  };
  expect(readDeployment(environment, 'system', [])).toMatchObject({
    namespace: 'vision',
    serviceAccount: 'runner',
    imageUrls: 'public,10.20.0.0/16',
    buckets: {
      allowed: 'datasets,models/public',
      store: { MILLRACE_S3_ENDPOINT: 'https://store.example' },
      secret: 'millrace-buckets',
    },
    workerImage: 'r/w:1',
    gpuWorkerImage: 'r/w:1-cuda',
    images: { 'millrace/worker': 'r/w:1', 'hebafer/yolov5-sqlflow': 'r/yolo:2', other: 'r/other@sha256:1' },
    datasource: { secret: 'database', key: 'url' },
    systemDatasource: { secret: 'system', key: 'dsn' },
    readerDatasource: { secret: 'reader', key: 'dsn' },
    foreignDatasource: { secret: 'foreign', key: 'dsn' },
    schema: 'system',
    statementUrl: 'https://millrace.example/statements/',
  });
});
