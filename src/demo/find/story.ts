import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { MillraceError } from '../../errors.ts';
import { openSession, type Session } from '../../service/session.ts';
import { fillDatabase } from '../database.ts';
import type { Material } from '../material.ts';
import { findDatabase, findPictures } from '../open-demo.ts';
import { heading, shown } from '../telling.ts';
import { compareStrategies, type Place } from './compare.ts';
import { costOf, measureModels, modelFolder } from './measure.ts';
import { type Question, questions } from './questions.ts';
import { showReuse } from './reuse.ts';
import { type Answered, drawFound } from './sheet.ts';
import { readScenes } from './truth.ts';
import { writeVariations } from './variations.ts';

const detector = join(import.meta.dirname, '../../../models/demo.onnx');

export interface FindMaterial extends Material {
  /** Number of the first scenes, on which models are measured; questions are asked about the others. */
  readonly measured: number;
}

/** Tells how TO FIND chooses models: from measured models to a contact sheet of what was found. */
export async function tellFindStory(configured: Config, material: FindMaterial): Promise<void> {
  const models = join(configured.stateFolder, 'demo', 'models');
  const volumes = { ...configured.volumes, ...material.volumes, [modelFolder]: models };
  const config = { ...configured, volumes };
  const database = await findDatabase(config);
  const pictures = await findPictures(material);
  if (pictures.dataset === null) throw new MillraceError('INTERNAL', 'the pictures have no annotations');
  await writeVariations(detector, models);
  const session = await openSession({ ...config, ...database }, () => {});
  try {
    await fillDatabase(session.pools.tables, '', pictures);
    await measureModels(session, material.imageDir, material.measured);
    await askQuestions(session, config, material);
    showNext();
  } finally {
    await session.close();
  }
}

async function askQuestions(
  session: Session,
  config: Config,
  { imageDir, folder, measured }: FindMaterial,
): Promise<void> {
  const condition = `image_id > ${measured}`;
  const scenes = await readScenes(session.pools.tables, condition);
  const place: Place = { session, imageDir, condition, scenes };
  const answered: Answered[] = [];
  for (const [index, question] of questions.entries()) {
    const asking = { attributes: [await boundOf(session, question)], into: `found_${index + 1}` };
    const found = await compareStrategies(place, question, asking);
    if (found !== null) answered.push({ question, found });
  }
  const [first] = questions;
  await showReuse(place, first!, { attributes: [], using: 'demo_large', into: 'found_again' });
  const file = join(config.stateFolder, 'demo', 'found.png');
  await mkdir(join(config.stateFolder, 'demo'), { recursive: true });
  await writeFile(file, await drawFound(session.pools.tables, folder, scenes, answered));
  heading('Contact sheet');
  console.log(shown(file));
}

async function boundOf({ pools }: Session, { bound }: Question): Promise<string> {
  if (bound.name === 'min_accuracy') return `min_accuracy = ${bound.value}`;
  return `max_cost = ${((await costOf(pools.tables, 'demo_large')) / 2).toPrecision(2)}`;
}

function showNext(): void {
  heading('Try next');
  console.log(`npx millrace run "SELECT image_id, file_name FROM demo.images TO FIND dog >= 2 AND NOT cat WITH image_dir = '/datasets/demo' INTO demo.dogs"
npx millrace explain "SELECT image_id, file_name FROM demo.images TO FIND sheep OR cow WITH image_dir = '/datasets/demo', min_accuracy = 0.95 INTO demo.farm"
npx millrace run "SHOW MODELS"

The private database keeps running for these commands. To stop it, run: npm run demo -- --stop`);
}
