import type { Rows } from '../formats/format.ts';
import { first } from '../service/first-rows.ts';
import type { SubmitOptions } from '../service/service.ts';
import { withoutServer } from '../service/without-server.ts';
import { followStatement } from './follow.ts';
import { type Place, withService } from './open-service.ts';
import { type Output, openOutput } from './output.ts';
import type { Source } from './print-error.ts';
import { type RowFormat, writeRows } from './print-rows.ts';
import { openRowTap } from './row-stream-tap.ts';

export interface RunOptions extends Pick<SubmitOptions, 'labels' | 'parameters'> {
  /** Left out: a table, or with --json a line for each result. */
  readonly format?: RowFormat | undefined;
  /** Of each result. */
  readonly limit?: number | undefined;
}

/**
 * `millrace run`: submits a program and follows it to its end. Rows are written as the database gives them where the program runs in
 * this process; elsewhere, and beside TO RUN, as far as they are kept.
 * @returns the exit code
 */
export function runProgram(
  source: Source,
  { format, limit, ...options }: RunOptions,
  place: Place,
  output: Output,
): Promise<number> {
  return withService(place, output.note, async (service) => {
    const written = format ?? (output.json ? 'line' : 'table');
    const shown = new Set<string>();
    const show = async (rows: Rows) => {
      if (written === 'csv' && shown.size > 0) output.line('');
      shown.add(rows.step);
      await writeRows(limit === undefined ? rows : { ...rows, rows: first(rows.rows, limit) }, written);
    };
    const onBound = (text: string) => Object.assign(source, { text });
    const id = await service.submit(source.text, { ...options, onBound, tap: openRowTap(show) });
    const results = { shown, show, isWhole: limit === undefined, ...(limit !== undefined && { limit }) };
    // Only rows go to standard output in a format of rows.
    return followStatement(service, id, format === undefined ? output : withoutJson(output), { results });
  });
}

function withoutJson(output: Output): Output {
  return output.json ? openOutput(false, () => null) : output;
}

/** `millrace submit`: prints the id. Who runs the statement must outlive this process. */
export async function submitProgram(
  source: Source,
  options: SubmitOptions,
  place: Place,
  output: Output,
): Promise<number> {
  if (place.server === null && place.config.engine === 'local') {
    throw withoutServer('the local engine ends with this command, and its statements with it; run follows them');
  }
  return withService(place, output.note, async (service) => {
    const id = await service.submit(source.text, options);
    if (output.json) output.write({ id });
    else output.line(id);
    return 0;
  });
}
