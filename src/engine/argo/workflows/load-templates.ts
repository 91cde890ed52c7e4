import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import type { WorkflowTemplates } from '../../../workflow/workflow.ts';

/** Reads the templates of this installation, from templates/. */
export function loadTemplates(): WorkflowTemplates {
  return {
    workflow: read('workflow'),
    runStep: read('run-step'),
    worker: read('worker'),
    foreignStep: read('foreign-step'),
    partitions: read('partitions'),
    sqlStep: read('sql-step'),
    foreignImage: read('foreign-image'),
    trainer: read('trainer'),
  };
}

function read<T>(name: string): T {
  return load(readFileSync(new URL(`../../../../templates/${name}.yaml`, import.meta.url), 'utf8')) as T;
}
