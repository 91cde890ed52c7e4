import { classify } from './classify.ts';
import type { ProgramContract, Settings } from './contract.ts';
import { detect } from './detect.ts';
import { evaluate, evaluateClassifier } from './evaluate.ts';
import { find } from './find.ts';
import { evaluateTable } from './predict/evaluate-table.ts';
import { explain } from './predict/explain.ts';
import { predict } from './predict/predict.ts';
import { solve } from './solve/solve.ts';

/** All that can be run over rows. */
export const programs = {
  detect,
  classify,
  evaluate,
  'evaluate-classifier': evaluateClassifier,
  find,
  solve,
  predict,
  'evaluate-table': evaluateTable,
  explain,
} as const satisfies Readonly<Record<string, ProgramContract>>;

export type ProgramName = keyof typeof programs;

export type SettingsOf<Name extends ProgramName> = Settings<(typeof programs)[Name]['options']>;

/** A program and what it is asked to do. */
export type ProgramCall = {
  [Name in ProgramName]: { readonly name: Name; readonly settings: SettingsOf<Name> };
}[ProgramName];

/** A program that runs one model, which its option `model` names. */
export type ModelCall = Extract<ProgramCall, { readonly settings: { readonly model: string } }>;

/** One that shows a model pictures. */
export type PictureCall = Extract<ModelCall, { readonly settings: { readonly image_size: unknown } }>;

export function showsPictures(call: ProgramCall): call is PictureCall {
  return runsOneModel(call) && 'image_size' in call.settings;
}

export function runsOneModel(call: ProgramCall): call is ModelCall {
  return 'model' in call.settings;
}

/** What CMD begins with, and the program that it runs. YOLO's users know `detect` as `yolo`. */
export const commandNames: Readonly<Record<string, ProgramName>> = {
  detect: 'detect',
  yolo: 'detect',
  classify: 'classify',
};

/** Programs that a verb of their own asks for, by its command. `find`, `solve`, `predict`, `evaluate-table` and `explain` have none: the planner makes their settings. */
export const verbPrograms: Readonly<Record<string, ProgramName>> = {
  evaluate: 'evaluate',
  'evaluate-classifier': 'evaluate-classifier',
};

export const programNames = Object.keys(programs) as ProgramName[];

export function contractOf(name: ProgramName): ProgramContract {
  return programs[name];
}
