import { type ByStepKind, byStepKind, type Plan, type Step } from '../plan/plan.ts';
import { tablesInto } from '../plan/step-facts.ts';

const longest = { title: 120, tables: 60, work: 50 };

/**
 * A statement in Argo's list of workflows, as Markdown: its tables first, then what runs and for whom.
 * https://argo-workflows.readthedocs.io/en/latest/title-and-description/
 */
export function workflowTitle({ steps }: Plan, text: string, submittedBy: string): string {
  const main = steps.find((step) => tablesInto(step).length > 0);
  const parts = main === undefined ? [oneLine(text)] : [tableNames(main), workOf(main)];
  const title = parts.filter((part) => part !== '').join(' · ');
  return plainMarkdown(`${shorten(title, longest.title - submittedBy.length)} · ${submittedBy}`);
}

/** The title of a workflow that is stopped because its statement was cancelled: Argo has no state for that but `Failed`. */
export function cancelledTitle(title: string | undefined): string | null {
  const prefix = 'cancelled: ';
  return title === undefined || title.startsWith(prefix) ? null : `${prefix}${title}`;
}

/** What a node does: all of its step, a part of it, or its share of the rows. */
type NodeWork = 'step' | 'prepare' | 'rows' | 'finish';

/**
 * What Argo's UI calls a node: https://argo-workflows.readthedocs.io/en/latest/walk-through/annotations/. The status has the name once
 * for each pod, so it is short. Argo's controller fails a workflow with a name of other characters.
 * @param number the parameter that numbers nodes with the same work
 */
export function nodeName(
  step: Step,
  work: NodeWork,
  number: string | null = null,
): { readonly annotations?: Record<string, string> } {
  const name = displayName(nodeNames[work](step));
  if (name === null) return {};
  return { annotations: { 'workflows.argoproj.io/display-name': number === null ? name : `${name}-${number}` } };
}

/** Two to 50 letters, digits, hyphens and dots, with a letter or digit at both ends; null: nothing is left. */
function displayName(text: string): string | null {
  const plain = text.replace(/[^A-Za-z0-9.]+/g, '-').slice(0, longest.work);
  let [start, end] = [0, plain.length];
  while ('-.'.includes(plain[start] ?? 'x')) start++;
  while (end > start && '-.'.includes(plain[end - 1]!)) end--;
  return end - start < 2 ? null : plain.slice(start, end);
}

const nodeNames: { readonly [Work in NodeWork]: (step: Step) => string } = {
  step: stepName,
  prepare: () => 'select rows',
  rows: workOf,
  finish: (step) => `publish ${byStepKind(outcomes, step)}`,
};

const outcomes: ByStepKind<string> = {
  sql: () => '',
  run: tableNames,
  foreign: tableNames,
  model: () => '',
  train: ({ training: { into } }) => into,
};

function stepName(step: Step): string {
  const tables = tableNames(step);
  return tables === '' ? workOf(step) : tables;
}

function tableNames(step: Step): string {
  const names = tablesInto(step).map(({ database, table }) => (database === null ? table : `${database}.${table}`));
  return shorten(names.join(', '), longest.tables);
}

const works: ByStepKind<string> = {
  sql: ({ sql }) => oneLine(sql),
  run: ({ program }) => program.name,
  foreign: ({ image }) => image,
  train: ({ training: { estimator, into } }) => `train ${estimator} ${into}`,
  model: ({ action }) => ('name' in action ? `${actionWords[action.does]} ${action.name}` : actionWords[action.does]),
};

const actionWords = {
  create: 'create model',
  like: 'create model',
  show: 'show models',
  describe: 'describe model',
  showTrain: 'show train',
  showTrials: 'show trials',
  drop: 'drop model',
  setVersion: 'set model',
} as const;

function workOf(step: Step): string {
  return shorten(byStepKind(works, step), longest.work);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Characters that would start a link, code or emphasis stand for themselves. */
function plainMarkdown(text: string): string {
  return text.replace(/[\\`*[\]<>]/g, '\\$&').toWellFormed();
}

export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}
