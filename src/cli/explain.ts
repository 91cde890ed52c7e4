import type { Config } from '../config.ts';
import { explainPlan } from '../plan/explain.ts';
import type { Output } from './output.ts';
import type { Source } from './print-error.ts';
import { openSession } from './session.ts';

/** `millrace explain`: the plan of a program; nothing is executed. */
export async function explainProgram(source: Source, config: Config, output: Output): Promise<number> {
  const session = await openSession(config, output.note);
  const plan = await session.plan(source.text).finally(() => session.close());
  if (output.json) output.write(plan);
  else output.line(explainPlan(plan));
  return 0;
}
