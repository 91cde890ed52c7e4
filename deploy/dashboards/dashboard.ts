import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  RowBuilder,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** The format of Grafana 12.1, which the chart installs; the SDK writes that of 12.2. */
const schemaVersion = 41;

export interface DashboardContents {
  /** Its path in Grafana is `/d/<uid>`. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly refresh: string;
  /** The time range at first: from so long ago until now. */
  readonly from: string;
  /** Another dashboard that its head leads to. */
  readonly link: { readonly title: string; readonly uid: string };
  /** What is chosen at its head, besides the Prometheus. */
  readonly variables?: readonly Builder<VariableModel>[];
  /** Panels by the title of their row; they fill its 24 columns from left to right. */
  readonly rows: Readonly<Record<string, readonly Builder<Panel>[]>>;
}

/** A dashboard with all that ours have in common; its panels are numbered in their order. */
export function dashboard(contents: DashboardContents): Dashboard {
  const builder = new DashboardBuilder(contents.title)
    .uid(contents.uid)
    .description(contents.description)
    .tags(['millrace'])
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh(contents.refresh)
    .time({ from: contents.from, to: 'now' })
    .links([linkTo(contents.link)])
    .variables([choiceOfPrometheus(), ...(contents.variables ?? [])]);
  for (const [title, panels] of Object.entries(contents.rows)) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  const { panels = [], ...head } = builder.build();
  return { ...head, schemaVersion, panels: panels.map((panel, index) => ({ ...panel, id: index + 1 })) };
}

function choiceOfPrometheus(): Builder<VariableModel> {
  return new DatasourceVariableBuilder('datasource')
    .label('Prometheus')
    .type('prometheus')
    .current({ text: 'Prometheus', value: 'prometheus' });
}

/** Not by the SDK's builder: it places every link where Grafana 12.1 knows no place. */
function linkTo({ title, uid }: DashboardContents['link']) {
  return {
    build: () => ({
      title,
      type: DashboardLinkType.Link,
      url: `/d/${uid}`,
      icon: 'dashboard',
      tooltip: '',
      tags: [],
      asDropdown: false,
      targetBlank: false,
      includeVars: false,
      keepTime: true,
    }),
  };
}
