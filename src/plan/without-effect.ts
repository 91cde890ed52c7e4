import { contractOf, type ProgramName } from '../programs/programs.ts';
import { runAttributes } from './attributes.ts';

/** Options of a planned command that the image's own program accepted and the worker ignores, as `--name`. */
export function withoutEffect([, ...options]: readonly string[], program: ProgramName): readonly string[] {
  const names = options.flatMap((option) => /^--([^=]+)/.exec(option)?.[1] ?? []);
  const { options: own, aliases } = contractOf(program);
  const used = { ...own, ...aliases, ...runAttributes };
  return names.filter((name) => !Object.hasOwn(used, name.replaceAll('-', '_'))).map((name) => `--${name}`);
}
