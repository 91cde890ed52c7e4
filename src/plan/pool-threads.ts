/** Node's default: https://nodejs.org/api/cli.html#uv_threadpool_sizesize. Fewer would let a slow disk or a slow name server hold up decoding. */
const fewest = 4;
/** libuv's limit: https://docs.libuv.org/en/v1.x/threadpool.html */
const most = 1024;

/** Number of threads in which a worker decodes images, reads files and resolves names: one per core that it may use. */
export function poolThreads(cores: number): number {
  return Math.min(most, Math.max(fewest, Math.ceil(cores)));
}
