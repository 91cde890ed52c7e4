import type { Rows } from '../formats/format.ts';
import { first } from '../service/first-rows.ts';
import type { SubmitOptions } from '../service/service.ts';
import { withoutServer } from '../service/without-server.ts';
import { followStatement } from './follow.ts';
import { type Place, withService } from './open-service.ts';
import { type Output, openOutput } from './output.ts';
import { plotResults } from './plot-results.ts';
import type { Source } from './print-error.ts';
import { type RowFormat, writeRows } from './print-rows.ts';
import { openRowTap } from './row-stream-tap.ts';

export interface RunOptions extends Pick<SubmitOptions, 'labels' | 'parameters'> {
  /** Default: a table, or with --json one line per result. */
  readonly format?: RowFormat | undefined;
  /** The file for a picture of what was trained or shown. */
  readonly plot?: string | undefined;
  /** Maximum number of rows of each result. */
  readonly limit?: number | undefined;
}

/**
 * `millrace run`: submits a program and follows it to its end. If the program runs in this process, rows are written as the database
 * returns them. Otherwise, and beside TO RUN, the stored rows are written.
 * @returns the exit code
 */
export function runProgram(
  source: Source,
  { format, limit, plot, ...options }: RunOptions,
  place: Place,
  output: Output,
): Promise<number> {
  return withService(place, output.note, async (service) => {
    const written = format ?? (output.json ? 'line' : 'table');
    const shown = new Set<string>();
    const show = async (rows: Rows) => {
      if (written === 'csv' && shown.size > 0) output.line('');
      shown.add(rows.step);
      await writeRows(limit === undefined ? rows : { ...rows, batches: first(rows.batches, limit) }, written);
    };
    const onBound = (text: string) => Object.assign(source, { text });
    const id = await service.submit(source.text, { ...options, onBound, tap: openRowTap(show) });
    const results = { shown, show, isWhole: limit === undefined, ...(limit !== undefined && { limit }) };
    // With a row format, only rows go to standard output.
    const exitCode = await followStatement(service, id, format === undefined ? output : withoutJson(output), {
      results,
    });
    if (plot !== undefined && exitCode === 0)
      for (const file of await plotResults(plot, service, id)) output.note(`${file} written`);
    return exitCode;
  });
}

function withoutJson(output: Output): Output {
  return output.json ? openOutput(false, () => null) : output;
}

/** `millrace submit`: submits a program and prints its id. The engine must outlive this process. */
export async function submitProgram(
  source: Source,
  options: SubmitOptions,
  place: Place,
  output: Output,
): Promise<number> {
  if (place.server === null && place.config.engine === 'local') {
    throw withoutServer('the local engine and its statements end with this command');
  }
  return withService(place, output.note, async (service) => {
    const id = await service.submit(source.text, options);
    if (output.json) output.write({ id });
    else output.line(id);
    return 0;
  });
}
