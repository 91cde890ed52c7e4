import type { Catalog } from '../catalog/catalog.ts';
import type { CatalogModel } from '../catalog/catalog-model.ts';
import { MillraceError } from '../errors.ts';
import type { Simulation } from '../model-task.ts';
import type { PictureCall } from '../programs/programs.ts';
import type { Command, GivenOption } from './command.ts';
import { findModel } from './model-catalog.ts';

/** The model that the option `--model` names; null: none, or one that is a path or not known. */
export function modelOf({ options }: Command, catalog: Catalog): CatalogModel | null {
  const value = options.model?.value;
  return value === undefined || value.startsWith('/') ? null : findModel(value, catalog);
}

/** The option that stands for each part of a simulation. */
const simulationOptions = {
  latency: 'latency',
  accuracy: 'accuracy',
  classCoverage: 'class_coverage',
} as const satisfies Record<keyof Simulation, string>;

/** The command with the options that a simulated model stands for; those that it gives itself have precedence. */
export function withRegistered(
  command: Command,
  model: CatalogModel | null,
  report: (error: MillraceError) => void,
): Command {
  const simulation = model?.registered?.simulation ?? null;
  const given = command.options.model;
  if (simulation === null || given === undefined) return command;
  const added: Record<string, GivenOption> = {};
  for (const [part, option] of Object.entries(simulationOptions)) {
    const value = simulation[part as keyof Simulation];
    if (value === null) continue;
    if (!Object.hasOwn(command.contract.options, option)) {
      const message = `${command.name} cannot run the simulated model '${given.value}': it has no option --${option}`;
      report(new MillraceError('MODEL_UNSUPPORTED', message, { span: given.span, hint: 'name a model with a file' }));
      return command;
    }
    added[option] = { written: given.written, value: String(value), span: given.span };
  }
  return { ...command, options: { ...added, ...command.options } };
}

/** The names of classes that CREATE MODEL gave, unless the statement gives others. */
export function withClassNames(program: PictureCall, model: CatalogModel | null): PictureCall {
  const names = model?.registered?.classNames ?? null;
  const { class_names, classes_file } = program.settings;
  if (names === null || class_names !== null || classes_file !== null) return program;
  return { ...program, settings: { ...program.settings, class_names: names } } as PictureCall;
}
