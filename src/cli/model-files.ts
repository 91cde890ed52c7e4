import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { MillraceError } from '../errors.ts';
import { splitName } from '../plan/model-catalog.ts';
import { importModelList } from '../service/models/import-model-list.ts';
import { plotModels } from '../service/models/model-chart.ts';
import { openSession, type Session } from '../service/session.ts';
import { type Place, withService } from './open-service.ts';
import type { Output } from './output.ts';
import { fileReason, writePicture } from './write-picture.ts';

/** `millrace models import FILE`: registers the simulated models of a list. */
export function importModels(file: string, place: Place, output: Output): Promise<number> {
  return withSession(place, output, async ({ pool, schema }) => {
    const actor = { user: userInfo().username, isAdmin: false };
    const imported = await importModelList(pool, schema, await readText(file), actor);
    const { models, added, missingBases } = imported;
    if (output.json) output.write(imported);
    else output.line(`${models} simulated models, ${added} of them new or changed`);
    if (missingBases.length > 0 && !output.json)
      output.note(`not registered yet: ${missingBases.join(', ')}; statements can run their variations once they are`);
    return 0;
  });
}

/** `millrace models --plot FILE`: draws accuracy against cost of the registered models. */
export function drawModels(file: string, place: Place, output: Output): Promise<number> {
  return withSession(place, output, async ({ pool, schema }) => {
    const { svg, left } = await plotModels(pool, schema);
    await writePicture(file, svg);
    if (output.json) output.write({ file, left });
    else
      output.line(
        `${file} written${left === 0 ? '' : `; models without measured accuracy and cost are left out: ${left}`}`,
      );
    return 0;
  });
}

/** `millrace models show NAME --plot FILE`: draws the metrics of a training by epoch or round, or the trials of a search. */
export function drawTraining(written: string, file: string, place: Place, output: Output): Promise<number> {
  return withService(place, output.note, async (service) => {
    const { name, version } = splitName(written);
    await writePicture(file, await service.trainingPicture(name, version));
    if (output.json) output.write({ file });
    else output.line(`${file} written`);
    return 0;
  });
}

async function withSession(
  { config, server }: Place,
  output: Output,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  if (server !== null && config.dsn === null) {
    throw new MillraceError('USAGE', 'this command needs the database itself, but only MILLRACE_URL is set', {
      hint: 'set MILLRACE_DATASOURCE=mysql://user:password@host:port/database',
    });
  }
  const session = await openSession(config, output.note);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** Most of a list that is read. */
const mostBytes = 64 * 2 ** 20;

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error) => {
    throw new MillraceError('USAGE', `${file} cannot be read: ${fileReason(error)}`, { hint: 'correct the path' });
  });
  if (bytes.length > mostBytes) throw new MillraceError('USAGE', `${file} has more than ${mostBytes} bytes`);
  return bytes.toString('utf8');
}
