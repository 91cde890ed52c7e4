import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ObservedWorkflow } from '../../../../src/engine/argo/workflows/observed-workflow.ts';
import { readNodes } from '../../../../src/engine/argo/workflows/read-nodes.ts';
import { observed, sample } from '../observed.ts';

const withStatus = (status: ObservedWorkflow['status']): ObservedWorkflow => ({ ...observed([]).workflow, status });

test('reads nodes that a real controller has compressed', () => {
  const nodes = Object.values(readNodes(sample('compressed')));
  expect(nodes).toHaveLength(13);
  expect(nodes.map(({ name }) => name)).toContain('sample-compressed.partition(2:2)(1)');
});

test('reads uncompressed nodes, and none before the workflow has started', () => {
  expect(Object.keys(readNodes(sample('failed')))).toHaveLength(9);
  expect(readNodes(withStatus(undefined))).toEqual({});
  expect(readNodes(withStatus({ phase: 'Running', compressedNodes: '' }))).toEqual({});
});

describe('nodes compressed by', () => {
  const nodes = { a: { id: 'a', name: 'w', type: 'DAG', phase: 'Running', message: 'é'.repeat(2000) } };
  const json = JSON.stringify(nodes);
  test.each([
    ['gzip', gzipSync(json)],
    ['zstd', zstdCompressSync(json)],
    ['brotli', brotliCompressSync(json)],
  ])('%s', (_kind, packed) => {
    expect(readNodes(withStatus({ compressedNodes: packed.toString('base64') }))).toEqual(nodes);
  });
});

test.each(['AAAA', 'H4sIAAAJbogA', 'not base64', 'KLUv/Q=='])('rejects the corrupt nodes %j', (compressedNodes) => {
  expect(() => readNodes(withStatus({ compressedNodes }))).toThrow(
    'the status of the workflow w cannot be decompressed',
  );
});
