import { drawSummary } from '../../plot/summary-picture.ts';

/** What TO EXPLAIN returns. */
interface ExplainedRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Draws the rows that TO EXPLAIN returns, as SVG. */
export function plotExplanation({ columns, rows }: ExplainedRows): string {
  const features = rows.map((row) => {
    const told = Object.fromEntries(columns.map((name, at) => [name, row[at]]));
    return {
      name: String(told.feature),
      mean: Number(told.mean_abs_shap),
      byClass: parsed(told.by_class) ?? {},
      points: parsed(told.points) ?? [],
    };
  });
  const hasPoints = features.some(({ points }) => points.length > 0);
  const most = Math.max(0, ...features.map(({ points }) => points.length));
  return drawSummary({
    title: 'Influence of each feature on the predictions',
    note: hasPoints ? `a point for each of ${most} rows` : 'over all rows and classes',
    features,
  });
}

function parsed(value: unknown) {
  return typeof value === 'string' ? JSON.parse(value) : (value ?? null);
}
