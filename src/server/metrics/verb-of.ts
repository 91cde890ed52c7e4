import type { Step } from '../../plan/plan.ts';

export const verbs = ['sql', 'run', 'foreign', 'program'] as const;
export type Verb = (typeof verbs)[number];

/** What a program is by the kinds of its steps: several are a program. */
export function verbOf(kinds: readonly Step['kind'][]): Verb {
  const [only, ...others] = kinds;
  return only === undefined || others.length > 0 ? 'program' : only;
}
