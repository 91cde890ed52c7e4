import type { EncodedImage, ImageSource } from './encoded-image.ts';

/**
 * Sources that are read in order: the next ones are asked for while one is waited for.
 * @param ahead images of which other machines send several at once, while others are decoded. They are all in memory
 */
export function readAhead(sources: readonly ImageSource[], ahead: number): readonly ImageSource[] {
  const asked = new Map<number, Promise<EncodedImage>>();
  let next = 0;
  const askUpTo = (end: number) => {
    for (; next < Math.min(end, sources.length); next++) {
      const reading = sources[next]!.read();
      // Its failure is looked at when it is its turn: without this Node ends the process in between.
      reading.catch(() => {});
      asked.set(next, reading);
    }
  };
  return sources.map((source, index) => ({
    read: () => {
      askUpTo(index + ahead);
      const reading = asked.get(index) ?? source.read();
      asked.delete(index);
      return reading;
    },
  }));
}
