import { followStatement } from './follow.ts';
import { type Place, withService } from './open-service.ts';
import type { Output } from './output.ts';
import type { Source } from './print-error.ts';
import type { SubmitOptions } from './service.ts';
import { withoutServer } from './without-server.ts';

/** `millrace run`: submits a program and follows it to its end. @returns the exit code */
export function runProgram(source: Source, options: SubmitOptions, place: Place, output: Output): Promise<number> {
  return withService(place, output.note, async (service) =>
    followStatement(service, await service.submit(source.text, options), output),
  );
}

/** `millrace submit`: prints the id. Who runs the statement must outlive this process. */
export async function submitProgram(
  source: Source,
  options: SubmitOptions,
  place: Place,
  output: Output,
): Promise<number> {
  if (place.server === null && place.config.engine === 'local') {
    throw withoutServer('the local engine ends with this command, and its statements with it; run follows them');
  }
  return withService(place, output.note, async (service) => {
    const id = await service.submit(source.text, options);
    if (output.json) output.write({ id });
    else output.line(id);
    return 0;
  });
}
