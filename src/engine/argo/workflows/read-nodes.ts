import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { MillraceError } from '../../../errors.ts';
import type { Nodes, ObservedWorkflow } from './observed-workflow.ts';

/** Far above what an object of etcd unpacks to; a bomb ends here. */
const maxOutputLength = 256 * 1024 * 1024;

/** The workflow's nodes by id, unpacked where Argo has compressed them; none before it has begun, or where Argo keeps them in a database of its own. */
export function readNodes({ metadata, status }: ObservedWorkflow): Nodes {
  if (status?.compressedNodes === undefined || status.compressedNodes === '') return status?.nodes ?? {};
  try {
    return JSON.parse(decompress(Buffer.from(status.compressedNodes, 'base64')).toString());
  } catch (cause) {
    throw new MillraceError('INTERNAL', `the status of the workflow ${metadata.name} cannot be unpacked`, {
      cause,
      hint: `kubectl get workflow ${metadata.name} -o yaml shows it`,
    });
  }
}

/** Gzip and zstd are known by their first bytes (RFC 1952, RFC 8878); brotli has none. */
function decompress(packed: Buffer): Buffer {
  if (packed.readUInt16BE() === 0x1f8b) return gunzipSync(packed, { maxOutputLength });
  if (packed.readUInt32LE() === 0xfd2fb528) return zstdDecompressSync(packed, { maxOutputLength });
  return brotliDecompressSync(packed, { maxOutputLength });
}
