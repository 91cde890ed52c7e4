import { type Place, withService } from './open-service.ts';
import type { Output } from './output.ts';
import type { Source } from './print-error.ts';

/** `millrace explain`: prints the plan of a program, or with `workflow` the YAML that would be submitted. Executes nothing. */
export function explainProgram(
  source: Source,
  { workflow }: { readonly workflow: boolean },
  place: Place,
  output: Output,
): Promise<number> {
  return withService(place, output.note, async (service) => {
    const explanation = await service.explain(source.text);
    if (workflow) output.line((await explanation.workflow()).trimEnd());
    else if (output.json) output.write(explanation.plan);
    else output.line(explanation.text);
    return 0;
  });
}
