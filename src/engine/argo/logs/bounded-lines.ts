/**
 * The lines of a log, as long as they fit; of a longer one its start and its end, with a line in between that says how many are missing.
 * @param most bytes
 */
export async function boundedLines(lines: AsyncIterable<string>, most: number): Promise<readonly string[]> {
  const start: string[] = [];
  const end: string[] = [];
  let [startBytes, endBytes, dropped] = [0, 0, 0];
  for await (const line of lines) {
    const size = sizeOf(line);
    if (end.length === 0 && dropped === 0 && startBytes + size <= most / 2) {
      start.push(line);
      startBytes += size;
      continue;
    }
    end.push(line);
    endBytes += size;
    while (endBytes > most / 2) {
      endBytes -= sizeOf(end.shift()!);
      dropped++;
    }
  }
  return dropped === 0 ? [...start, ...end] : [...start, notKept(dropped), ...end];
}

const sizeOf = (line: string) => Buffer.byteLength(line) + 1;

function notKept(count: number): string {
  return `… ${count} ${count === 1 ? 'line is' : 'lines are'} not kept, because the log is too long …`;
}
