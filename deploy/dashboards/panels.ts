// The kinds of panels that the dashboards are made of: what all panels of a kind look like is written here once.
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  type DataSourceRef,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as GaugeBuilder } from '@grafana/grafana-foundation-sdk/gauge';
import { DataqueryBuilder, PromQueryFormat, QueryEditorMode } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** The Prometheus that is chosen at the dashboard's head. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
export const prometheus: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

/** What a panel shows: its title, a sentence, the unit, and its PromQL by the name of each line (`{{label}}` is filled in). */
type Shows = readonly [title: string, description: string, unit: string, queries: Readonly<Record<string, string>>];

/** Lines over time. */
export function lines(...[title, description, unit, queries]: Shows): TimeSeriesBuilder {
  return new TimeSeriesBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .min(0)
    .datasource(prometheus)
    .targets(targets(queries, (query) => query.range()))
    .span(8)
    .height(8)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .spanNulls(false)
    .stacking(new StackingConfigBuilder().mode(StackingMode.None).group('A'))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
}

/** Lines over time, one upon the other: their sum is the height. */
export function areas(...shows: Shows): TimeSeriesBuilder {
  return lines(...shows)
    .fillOpacity(20)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
}

/** One figure, in the colour of the highest of `steps` that it reaches. */
export function figure(...[title, description, unit, queries]: Shows): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(prometheus)
    .targets(targets(queries, (query) => query.range()))
    .span(4)
    .height(4)
    .thresholds(steps('blue'))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(last());
}

/** One figure of a range, as a dial. */
export function gauge(...[title, description, unit, queries]: Shows): GaugeBuilder {
  return new GaugeBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(prometheus)
    .targets(targets(queries, (query) => query.range()))
    .span(4)
    .height(4)
    .thresholds(steps('blue'))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .reduceOptions(last());
}

/** Rows as they are now: one per set of labels, one column per label and query. */
export function table(...[title, description, unit, queries]: Shows): TableBuilder {
  return new TableBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(prometheus)
    .targets(targets(queries, (query) => query.instant().format(PromQueryFormat.Table)));
}

/** The queries of a panel that shows only what is so at the end of the time range. */
export function now(queries: Readonly<Record<string, string>>): Builder<Dataquery>[] {
  return targets(queries, (query) => query.instant());
}

/** Colours of a figure: the first below all bounds, then each from its bound on. */
export function steps(base: string, ...others: readonly (readonly [from: number, color: string])[]) {
  const above = others.map(([value, color]): Threshold => ({ value, color }));
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([{ value: null, color: base }, ...above]);
}

function last() {
  return new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false);
}

function targets(
  queries: Readonly<Record<string, string>>,
  kind: (query: DataqueryBuilder) => DataqueryBuilder,
): Builder<Dataquery>[] {
  return Object.entries(queries).map(([legend, expression], index) =>
    kind(new DataqueryBuilder())
      .refId(String.fromCharCode('A'.charCodeAt(0) + index))
      .datasource(prometheus)
      .editorMode(QueryEditorMode.Code)
      .expr(expression)
      .legendFormat(legend),
  );
}
