import { dump } from 'js-yaml';
import type { Workflow } from './workflow.ts';

/** YAML for `kubectl create -f`: strings that YAML 1.1 would read as numbers or booleans are quoted. The same object gives the same bytes. */
export function toYaml(workflow: Workflow): string {
  return dump(workflow, { lineWidth: -1, noRefs: true });
}
