import { errorKinds } from '../../errors.ts';
import type { Place } from '../open-service.ts';
import type { Output } from '../output.ts';
import type { Check } from './check.ts';
import { checkDatabase } from './check-database.ts';
import { checkNode } from './check-node.ts';

/** `millrace doctor`: prints a line for each check as it completes. @returns 0 if none has failed; warnings are not failures */
export async function runDoctor(place: Place, environment: NodeJS.ProcessEnv, output: Output): Promise<number> {
  let [failures, warnings] = [0, 0];
  for await (const check of checks(place, environment)) {
    if (check.state === 'failed') failures += 1;
    if (check.state === 'warning') warnings += 1;
    if (output.json) output.write(check);
    else for (const line of linesOf(check)) output.line(line);
  }
  if (!output.json) output.note(endOf(failures, warnings));
  return failures === 0 ? 0 : errorKinds.configuration.exitCode;
}

function endOf(failures: number, warnings: number): string {
  if (failures > 0) return `${failures} ${failures === 1 ? 'check' : 'checks'} failed`;
  return warnings > 0
    ? `no checks failed, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`
    : 'all checks passed';
}

async function* checks(place: Place, environment: NodeJS.ProcessEnv): AsyncGenerator<Check> {
  yield checkNode();
  if (place.server !== null) {
    const { checkServer } = await import('./check-server.ts');
    return yield* checkServer(place.server);
  }
  yield* checkDatabase(place.config);
  if (place.config.engine === 'argo') {
    const { checkCluster } = await import('./check-cluster.ts');
    yield* checkCluster(environment, place.config.schema);
  } else {
    const { checkVolumes } = await import('./check-volumes.ts');
    yield* checkVolumes(place.config);
    const { checkGpu, gpuPlace } = await import('./check-gpu.ts');
    yield* checkGpu(gpuPlace(environment));
  }
}

function linesOf({ name, state, detail, fix }: Check): readonly string[] {
  return [`${state.padEnd(8)}${name.padEnd(18)}${detail}`, ...(fix === null ? [] : [`${' '.repeat(26)}→ ${fix}`])];
}
