import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { MillraceError } from '../../../errors.ts';
import type { Nodes, ObservedWorkflow } from './observed-workflow.ts';

/** Far above the decompressed size of any object in etcd. Stops a decompression bomb. */
const maxOutputLength = 256 * 1024 * 1024;

/**
 * The nodes of a workflow by id, decompressed if necessary.
 * @returns no nodes before the workflow has started, or if Argo stores them in its own database
 */
export function readNodes({ metadata, status }: ObservedWorkflow): Nodes {
  if (status?.compressedNodes === undefined || status.compressedNodes === '') return status?.nodes ?? {};
  try {
    return JSON.parse(decompress(Buffer.from(status.compressedNodes, 'base64')).toString());
  } catch (cause) {
    throw new MillraceError('INTERNAL', `the status of the workflow ${metadata.name} cannot be decompressed`, {
      cause,
      hint: `look at it: kubectl get workflow ${metadata.name} -o yaml`,
    });
  }
}

/** Gzip and zstd are recognized by their first bytes (RFC 1952, RFC 8878); brotli has no such bytes. */
function decompress(packed: Buffer): Buffer {
  if (packed.readUInt16BE() === 0x1f8b) return gunzipSync(packed, { maxOutputLength });
  if (packed.readUInt32LE() === 0xfd2fb528) return zstdDecompressSync(packed, { maxOutputLength });
  return brotliDecompressSync(packed, { maxOutputLength });
}
