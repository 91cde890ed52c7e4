/**
 * The pieces, and `beat` wherever none has come for `seconds`: proxies close connections that are silent.
 */
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
      const come = await Promise.race([next, silence.passed]).finally(silence.forget);
      if (come === null) {
        if (signal.aborted) return;
        yield beat;
      } else if (come.done) {
        return;
      } else {
        yield come.value;
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
