import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { canKeepSession, openService, type Place, readPlace } from '../open-service.ts';
import { openOutput } from '../output.ts';
import { exitCodeOf } from '../print-error.ts';
import { readHistory } from './history.ts';
import { runPrompt } from './run-prompt.ts';

/** `millrace` without a command on a terminal. @returns the exit code */
export async function startPrompt(config: Config, environment: NodeJS.ProcessEnv): Promise<number> {
  const output = openOutput(false, () => null);
  try {
    const place = readPlace(config, environment, {});
    const service = await openService(place, output.note, { keepSession: true });
    try {
      output.line(`Millrace on ${describePlace(place)}. End a statement with ; or type help; for help.`);
      const historyFile = join(config.stateFolder, 'prompt-history');
      const history = await readHistory(historyFile);
      await runPrompt(service, { historyFile, history, oneSession: canKeepSession(place) });
      return 0;
    } finally {
      await service.close();
    }
  } catch (error) {
    output.error(error);
    return exitCodeOf(error);
  }
}

function describePlace({ config, server }: Place): string {
  return server === null ? `this machine, engine ${config.engine}` : new URL(server.url).origin;
}
