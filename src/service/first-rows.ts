/** @param limit maximum number of rows; no more are read */
export async function* first<T>(items: AsyncIterable<T>, limit = Number.POSITIVE_INFINITY): AsyncGenerator<T> {
  let count = 0;
  if (limit === 0) return;
  for await (const item of items) {
    yield item;
    count += 1;
    if (count >= limit) return;
  }
}
