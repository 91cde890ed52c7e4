// Writes the dashboards of deploy/dashboards as the chart's JSON files and as a page for people. `npm run build:deploy` calls it.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { operations } from '../deploy/dashboards/operations.ts';
import { statement } from '../deploy/dashboards/statement.ts';

const deploy = new URL('../deploy/', import.meta.url);
const page = new URL('dashboards/README.md', deploy);

/** The dashboards by the name of their JSON file. */
const dashboards = { 'operations.json': operations, 'statement.json': statement } as const;

/** The generated files by their path in deploy/: the dashboards' JSON, and the page that lists their panels. */
export function renderDashboards(): Readonly<Record<string, string>> {
  const documents = Object.entries(dashboards).map(([file, dashboard]) => [
    `chart/dashboards/${file}`,
    json(dashboard),
  ]);
  return {
    ...Object.fromEntries(documents),
    'dashboards/README.md': Object.values(dashboards).reduce(withPanels, readFileSync(page, 'utf8')),
  };
}

export function writeDashboards(): void {
  for (const [path, text] of Object.entries(renderDashboards())) writeFileSync(new URL(path, deploy), text);
}

/** Writes one panel per line, so that a diff shows which of them changed. */
function json({ panels = [], ...head }: Dashboard): string {
  const lines = panels.map((panel) => `    ${JSON.stringify(panel)}`).join(',\n');
  return `${JSON.stringify({ ...head, panels: [] }, null, 2).replace('"panels": []', () => `"panels": [\n${lines}\n  ]`)}\n`;
}

/** The page with the dashboard's section replaced. */
function withPanels(text: string, { title, panels = [] }: Dashboard): string {
  const heading = `## ${title}\n`;
  const from = text.indexOf(heading) + heading.length;
  const rows = panels.flatMap((panel) =>
    'fieldConfig' in panel ? [`| ${panel.title} | ${panel.fieldConfig?.defaults.unit} | ${panel.description} |\n`] : [],
  );
  const section = `\n| panel | unit | what it shows |\n|---|---|---|\n${rows.join('')}`;
  return `${text.slice(0, from)}${section}${text.slice(text.indexOf('\n## ', from))}`;
}
