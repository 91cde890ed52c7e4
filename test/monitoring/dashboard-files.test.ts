import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderDashboards } from '../../scripts/render-dashboards.ts';
import { openMetrics } from '../../src/server/metrics.ts';
import { codeRows, dashboards, type Panel, readme, rules, targetsOf } from './deployed.ts';

describe('the output of deploy/dashboards/*.ts', () => {
  it.each(Object.entries(renderDashboards()))('deploy/%s is as npm run build:deploy writes it', (path, text) => {
    expect(readFileSync(new URL(`../../deploy/${path}`, import.meta.url), 'utf8')).toBe(text);
  });
});

describe.each(dashboards)('deploy/chart/dashboards/$file', (dashboard) => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  it('has the format of Grafana 12, and a uid', () => {
    expect(dashboard.schemaVersion).toBe(41);
    expect(dashboard.uid).toMatch(/^millrace-[a-z]+$/);
    expect(dashboard.title).toMatch(/^Millrace: /);
  });

  it('queries the chosen Prometheus, by default the provisioned one', () => {
    expect(dashboard.templating.list[0]).toMatchObject({
      name: 'datasource',
      type: 'datasource',
      query: 'prometheus',
      current: { value: 'prometheus' },
    });
    const datasource = { type: 'prometheus', uid: ['$', '{datasource}'].join('') };
    for (const { title, datasource: own } of panels) expect(own, title).toEqual(datasource);
    for (const { panel, ...target } of targetsOf(dashboard)) expect(target, panel).toMatchObject({ datasource });
  });

  it('describes each panel, its unit and each line', () => {
    for (const { title, description, fieldConfig, targets, type } of panels) {
      expect(description, title).toMatch(/^[A-Z0-9].+\.$/s);
      expect(fieldConfig?.defaults.unit, title).toMatch(/^\w+$/);
      for (const { legendFormat } of targets ?? []) expect(legendFormat !== '' || type === 'table', title).toBe(true);
    }
  });

  it('has panels that do not overlap and are within its 24 columns', () => {
    const taken = new Set<string>();
    for (const panel of dashboard.panels) {
      for (const place of placesOf(panel)) {
        expect(taken.has(place), `${panel.title} at ${place}`).toBe(false);
        taken.add(place);
      }
      expect(panel.gridPos.x + panel.gridPos.w, panel.title).toBeLessThanOrEqual(24);
    }
    const ids = dashboard.panels.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('contains no address', () => {
    expect(JSON.stringify(dashboard)).not.toMatch(/https?:|localhost|\.svc/);
  });

  it('sums no figure over replicas that each of them reports', () => {
    const same = [...ofTheDatabase].map((name) => `${name}\\b`).join('|');
    const summed = new RegExp(`(?:sum|avg|count)(?: by \\([^)]*\\))? ?\\((?:rate|increase|deriv)?\\(?(?:${same})`);
    expect(targetsOf(dashboard).filter(({ expr }) => summed.test(expr))).toEqual([]);
  });

  it('has a row for each panel in the page, with its description', () => {
    const [, section = ''] = readme('dashboards').split(`## ${dashboard.title}\n`);
    const rows = section
      .split('\n## ')[0]!
      .split('\n')
      .filter((line) => line.startsWith('| '));
    const named = rows.slice(1).map((line) => line.split('|')[1]!.trim());
    expect(named).toEqual(panels.map(({ title }) => title));
  });
});

describe('deploy/dashboards/README.md', () => {
  const page = readme('dashboards');
  const documented = codeRows(page).filter(([name]) => name?.startsWith('`millrace_'));

  it('has a row for each metric of the registry, with its type and its help', async () => {
    const metrics = openMetrics({ version: '0', datasources: [] });
    const text = await metrics.text();
    metrics.close();
    const found = [...text.matchAll(/^# HELP (millrace_\w+) (.*)\n# TYPE \S+ (\w+)$/gm)];
    expect(documented.map(([name, type, , , meaning]) => [name, type, meaning]).toSorted()).toEqual(
      found.map(([, name, help, type]) => [`\`${name}\``, type, help]).toSorted(),
    );
  });

  it('lists the panels that need a GPU', () => {
    const named = dashboards.flatMap((dashboard) =>
      targetsOf(dashboard)
        .filter(({ expr }) => expr.includes('DCGM_'))
        .map(({ panel }) => `${dashboard.title}: ${panel}`),
    );
    const [, section = ''] = page.split('## Panels that need a GPU\n');
    const listed = section
      .split('\n')
      .filter((line) => line.startsWith('- '))
      .map((line) => line.slice(2));
    expect(listed).toEqual(named);
  });
});

describe('deploy/alerts', () => {
  const alerts = rules.filter(({ alert }) => alert !== undefined);

  it('each describe the problem and what to do', () => {
    for (const { alert, annotations, labels } of alerts) {
      expect(Object.keys(annotations ?? {}), alert).toEqual(['summary', 'description', 'runbook']);
      expect(labels?.severity, alert).toMatch(/^(critical|warning)$/);
    }
  });

  it('each have a row in the page', () => {
    const rows = codeRows(readme('alerts'));
    expect(rows.map(([name, severity, after]) => [name, severity, after])).toEqual(
      alerts.map(({ alert, labels, for: after }) => [`\`${alert}\``, labels?.severity, after ?? 'at once']),
    );
  });
});

/** Metrics whose figures are read from the database, as the page says. */
const ofTheDatabase = new Set(
  codeRows(readme('dashboards'))
    .filter(([, , , source]) => source === 'database')
    .map(([name = '']) => name.replaceAll('`', '')),
);

function placesOf({ gridPos: { x, y, w, h } }: Panel): readonly string[] {
  return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`);
}
