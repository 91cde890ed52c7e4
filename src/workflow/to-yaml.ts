import { dump } from 'js-yaml';
import type { Workflow } from './workflow.ts';

/** As `kubectl create -f` takes it: what YAML 1.1 would read as a number or a boolean is quoted. The same object gives the same bytes. */
export function toYaml(workflow: Workflow): string {
  return dump(workflow, { lineWidth: -1, noRefs: true });
}
