import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { MillraceError } from '../errors.ts';
import type { Rows } from '../formats/format.ts';
import { openProgress } from './dataset/work-progress.ts';
import { followStatement } from './follow.ts';
import { type Place, withService } from './open-service.ts';
import type { Output } from './output.ts';
import { writeRows } from './print-rows.ts';
import { formatRows } from './result-table.ts';
import { runProgram } from './run.ts';

/** `millrace models`: lists the models that `--model` can name. */
export function listModels(place: Place, output: Output): Promise<number> {
  return withService(place, output.note, async (service) => {
    const models = await service.models();
    if (output.json) for (const model of models) output.write(model);
    else
      output.line(
        formatRows(
          ['model', 'version', 'kind', 'classes', 'file', 'mAP', 'images/s'],
          models.map(({ name, version, kind, classes, file, base, map, imagesPerSecond }) => [
            ...[name, version, kind, classes, file ?? (base === null ? 'in the database' : `like ${base}`)],
            ...[map?.toFixed(3) ?? null, imagesPerSecond?.toFixed(1) ?? null],
          ]),
        ),
      );
    return 0;
  });
}

/** `millrace models show`, `drop` and `set-version`: the statements of the same meaning. */
export const modelStatements = {
  show: (name: string) => `DESCRIBE MODEL ${quoted(name)}`,
  drop: (name: string) => `DROP MODEL ${quoted(name)}`,
  setVersion: (name: string, version: string) => `SET MODEL ${quoted(name)} VERSION ${wholeNumber(version)}`,
};

/** Runs such a statement, and prints its rows. */
export function runModelStatement(sql: string, place: Place, output: Output): Promise<number> {
  return runProgram({ text: sql, name: 'argument' }, {}, place, output);
}

/**
 * `millrace models create`: registers a path in a volume, or stores a file of this machine in the database, which a server does with its bytes.
 * @param file begins with a mount path of a volume, or is a file here
 */
export async function createModel(name: string, file: string, place: Place, output: Output): Promise<number> {
  const volumes = Object.keys(place.config.volumes);
  if (volumes.some((mount) => file.startsWith(`${mount}/`)))
    return runModelStatement(`CREATE MODEL ${quoted(name)} FROM ${JSON.stringify(file)}`, place, output);
  const found = await stat(file).catch(() => null);
  if (found?.isFile() !== true) throw new MillraceError('MODEL_MISSING', `there is no file ${file}`);
  return withService(place, output.note, async (service) => {
    const progress = openProgress(output.progress, place.server === null ? 'storing' : 'uploading');
    const bytes = bytesOf(file, (done) => progress.show(done, found.size));
    const id = await service.storeModel(plainName(name), bytes).finally(progress.end);
    const shown = new Set<string>();
    const show = async (rows: Rows) => {
      shown.add(rows.step);
      await writeRows(rows, output.json ? 'line' : 'table');
    };
    return followStatement(service, id, output, { results: { shown, show, isWhole: true } });
  });
}

async function* bytesOf(file: string, onRead: (done: number) => void): AsyncGenerator<Uint8Array> {
  let done = 0;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) {
      done += chunk.length;
      onRead(done);
      yield chunk;
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'EACCES' ? 'permission denied' : code;
    throw new MillraceError('MODEL_UNREADABLE', `${file} cannot be read: ${reason}`, { cause });
  }
}

function plainName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(name)) return name;
  throw new MillraceError('MODEL_NAME', `a model cannot be called '${name}'`);
}

const quoted = (name: string) => `\`${name.replaceAll('`', '``')}\``;

function wholeNumber(version: string): string {
  if (/^\d{1,9}$/.test(version)) return version;
  throw new MillraceError('USAGE', `'${version}' is not the number of a version`);
}
