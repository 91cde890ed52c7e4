import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';

const deploy = new URL('../../deploy/', import.meta.url);

export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly format?: string }[];
}

export const dashboards: readonly Dashboard[] = filesOf('chart/dashboards', '.json').map(({ name, text }) => ({
  ...JSON.parse(text),
  file: name,
}));

/** All targets of all panels. */
export function targetsOf(dashboard: Dashboard) {
  return dashboard.panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ panel: title, ...target })));
}

/** Panels whose events rarely happen; their expressions are evaluated and need not return anything. */
export const rarePanels = [
  'Pods that wait, by reason',
  'Images asked of each model',
  'Images decided by each model',
  'Stored answers used',
];

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const ruleFiles = filesOf('alerts', '.yaml').map(({ name }) => fileURLToPath(new URL(`alerts/${name}`, deploy)));

export const rules: readonly Rule[] = filesOf('alerts', '.yaml').flatMap(({ text }) =>
  (load(text) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules),
);

export function readme(folder: 'dashboards' | 'alerts'): string {
  return readFileSync(new URL(`${folder}/README.md`, deploy), 'utf8');
}

/** The rows of the tables of a page whose first cell is code. */
export function codeRows(page: string): readonly (readonly string[])[] {
  const lines = page.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );
}

function filesOf(folder: string, extension: string) {
  const names = readdirSync(new URL(`${folder}/`, deploy)).filter((name) => name.endsWith(extension));
  return names.map((name) => ({ name, text: readFileSync(new URL(`${folder}/${name}`, deploy), 'utf8') }));
}
