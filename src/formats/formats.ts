import type { Format, Write } from './format.ts';

/** The formats of rows that the server and the command line offer, in the order of their lists. */
export const formats = {
  json: format('application/json', () => import('./json.ts')),
  ndjson: format('application/x-ndjson', () => import('./ndjson.ts')),
  csv: format('text/csv; charset=utf-8; header=present', () => import('./csv.ts')),
  arrow: format('application/vnd.apache.arrow.stream', () => import('./arrow.ts'), true),
} as const satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof formats;

export const formatNames = Object.keys(formats) as readonly FormatName[];

/** @param load imports the format's file: a command that writes no rows does not load it */
function format(mediaType: string, load: () => Promise<{ readonly write: Write }>, isBinary = false): Format {
  return {
    mediaType,
    isBinary,
    async *write(rows) {
      yield* (await load()).write(rows);
    },
  };
}
