/** @param limit maximum number of rows; no more are read */
export async function* first<T>(
  batches: AsyncIterable<readonly T[]>,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly T[]> {
  let left = limit;
  if (left === 0) return;
  for await (const batch of batches) {
    yield batch.length > left ? batch.slice(0, left) : batch;
    left -= batch.length;
    if (left <= 0) return;
  }
}
