/** Yields the pieces, and `beat` whenever none has arrived for `seconds`: proxies close silent connections. */
export async function* withHeartbeat(
  pieces: AsyncIterable<string>,
  beat: string,
  seconds: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (let next = iterator.next(); ; ) {
      const silence = silent(seconds, signal);
      const arrived = await Promise.race([next, silence.passed]).finally(silence.forget);
      if (arrived === null) {
        if (signal.aborted) return;
        yield beat;
      } else if (arrived.done) {
        return;
      } else {
        yield arrived.value;
        next = iterator.next();
      }
    }
  } finally {
    await iterator.return?.();
  }
}

function silent(seconds: number, signal: AbortSignal): { readonly passed: Promise<null>; forget(): void } {
  const { promise, resolve } = Promise.withResolvers<null>();
  const end = () => resolve(null);
  const timer = setTimeout(end, seconds * 1000);
  signal.addEventListener('abort', end, { once: true });
  return {
    passed: promise,
    forget() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    },
  };
}
