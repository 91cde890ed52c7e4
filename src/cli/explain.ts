import { type Place, withService } from './open-service.ts';
import type { Output } from './output.ts';
import { plotPlan } from './plot-plan.ts';
import type { Source } from './print-error.ts';

interface ExplainOptions {
  /** Whether the YAML that would be submitted is printed. */
  readonly workflow: boolean;
  /** The file for a picture of the plan of TO FIND. */
  readonly plot: string | undefined;
}

/** `millrace explain`: prints the plan of a program. Executes nothing. */
export function explainProgram(
  source: Source,
  { workflow, plot }: ExplainOptions,
  place: Place,
  output: Output,
): Promise<number> {
  return withService(place, output.note, async (service) => {
    const explanation = await service.explain(source.text);
    if (workflow) output.line((await explanation.workflow()).trimEnd());
    else if (output.json) output.write(explanation.plan);
    else output.line(explanation.text);
    if (plot !== undefined) for (const file of await plotPlan(plot, explanation)) output.note(`${file} written`);
    return 0;
  });
}
