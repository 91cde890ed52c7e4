import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import { contractOf, type SettingsOf } from '../../../programs/programs.ts';
import { openImages } from '../../image/image-rows.ts';
import { keepHere, keepInThreads } from '../../image/kept-pictures.ts';
import type { Slot } from '../../image/placing.ts';
import { placingThreads } from '../../model/placing-threads.ts';
import type { OpenProgram, ProgramPlace } from '../../row-program.ts';
import { type AskedModel, openModels } from './asked-model.ts';
import type { Deciding, Slots } from './decide.ts';
import { decidePages } from './decide-pages.ts';
import { earlierAnswers } from './earlier-answers.ts';
import { questionBatches } from './question-batches.ts';
import { residualOf } from './residual.ts';

/** Batches per thread of a model: one is inferred, one waits ready, and one is decoded or filled. */
const batchesInFlight = 3;

/**
 * Finds the images that show what a predicate asks for.
 * @throws {MillraceError} OUTSIDE_VOLUMES, MODEL_…, DEVICE_UNAVAILABLE, WRONG_OPTION
 */
export async function openFind(settings: SettingsOf<'find'>, place: ProgramPlace): Promise<OpenProgram> {
  return findWith(await openModels(settings, place), settings, place);
}

/** @param models those of the cascade; the program closes them */
export async function findWith(
  models: readonly AskedModel[],
  settings: SettingsOf<'find'>,
  place: ProgramPlace,
): Promise<OpenProgram> {
  const { cascade, reuse, confidence } = settings;
  const images = await openImages(settings.image_dir, place.volumes);
  const own = [...new Set(models)];
  const store = reuse ? place.answers : null;
  const { slots, inputs } = slotsFor(own);
  const threads = Math.max(0, ...own.map(({ inference }) => placingThreads(inference.device, process.env)));
  const deciding: Deciding = {
    cascade,
    models,
    residual: residualOf(cascade),
    questions: questionBatches(own),
    earlier: earlierAnswers(store, own, confidence),
    kept: threads === 0 ? keepHere(inputs) : keepInThreads(inputs, threads),
    slots,
  };
  // More than wait for batches to be filled, so that there is always one on its way.
  const inFlight = pLimit(
    own.reduce((sum, { inference }) => sum + batchesInFlight * inference.batch * inference.threads, 1),
  );
  const reading = { digests: store !== null, seeds: own.some(({ isErring }) => isErring) };
  const { columns } = contractOf('find').result(settings, null);
  const digest = async () =>
    createHash('sha256')
      .update(models.map((model) => model.digest).join('\n'))
      .digest('hex');
  const close = async () => {
    await Promise.all([deciding.kept.close(), ...own.map((model) => model.inference.close())]);
  };
  const open = { columns, process: decidePages(deciding, { images, reading }, inFlight), close };
  const [first] = models;
  if (first === undefined) return open;
  const { device, batch } = first.inference;
  return { ...open, batch, model: { device, batch, digest } };
}

/** Models whose inputs want pictures in the same way share places: a picture is placed once for all of them. */
function slotsFor(models: readonly AskedModel[]) {
  const names = models.map(({ input }) => JSON.stringify(input));
  const inputs = [...new Set(names)];
  const free = inputs.map((): Slot[] => []);
  const rules = inputs.map((name) => models[names.indexOf(name)]!.input);
  const slots: Slots = {
    inputOf: (model) => inputs.indexOf(names[models.indexOf(model)]!),
    take: (input) => {
      const { width, height } = rules[input]!.size;
      return free[input]!.pop() ?? new Uint8Array(new SharedArrayBuffer(3 * width * height));
    },
    give: (input, slot) => void free[input]!.push(slot),
  };
  return { slots, inputs: rules };
}
