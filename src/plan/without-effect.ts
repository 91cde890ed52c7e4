import { runAttributes } from './attributes.ts';
import { yoloOptions } from './command.ts';

/** Options of a planned command that its image's own program had and the worker does not need, as `--name`. */
export function withoutEffect([, ...options]: readonly string[]): readonly string[] {
  const names = options.flatMap((option) => /^--([^=]+)=/.exec(option)?.[1] ?? []);
  const used = { ...yoloOptions, ...runAttributes };
  return names.filter((name) => !Object.hasOwn(used, name.replaceAll('-', '_'))).map((name) => `--${name}`);
}
