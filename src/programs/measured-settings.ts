import { contractOf, type PictureCall, type ProgramCall, showsPictures } from './programs.ts';

/** Whether a run of the program tells what its model takes: not with another size of its input, or if it is simulated. */
export function isMeasured(call: ProgramCall): call is PictureCall {
  if (!showsPictures(call)) return false;
  return (call.settings.image_size ?? null) === null && !isSimulation(call);
}

/** Whether the program simulates a model. */
export function isSimulation({ settings }: PictureCall): boolean {
  const { latency = null, accuracy = null, class_coverage = null } = settings as Partial<Simulated>;
  return latency !== null || accuracy !== null || class_coverage !== null;
}

/** What a run of the program is measured as: an evaluation reads all of the model's output, which takes longer. */
export function measuredAs({ name }: Pick<ProgramCall, 'name'>): 'run' | 'evaluation' {
  return contractOf(name).summary === undefined ? 'run' : 'evaluation';
}

type Simulated = Readonly<Record<'latency' | 'accuracy' | 'class_coverage', unknown>>;
