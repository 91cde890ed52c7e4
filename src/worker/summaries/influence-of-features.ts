import type { RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';
import { hiddenColumns } from '../../task.ts';
import type { Answer, SummaryPlace } from '../row-program.ts';

/** Characters of the longest bar. */
const longestBar = 40;

/** How much each feature matters: the mean distance of its SHAP values from 0, over all rows and classes, as shap's bar plot shows it. */
export async function influenceOfFeatures({ pool, outputs, selection }: SummaryPlace): Promise<Answer> {
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT feature, AVG(ABS(shap_value)) AS mean FROM ${quoteTable(outputs)}
     WHERE ${hiddenColumns.selection} = ${selection} GROUP BY feature ORDER BY mean DESC, feature`,
  );
  const most = Math.max(...found.map(({ mean }) => Number(mean)), Number.MIN_VALUE);
  return {
    columns: [
      { name: 'feature', type: 'string' },
      { name: 'mean_abs_shap', type: 'double' },
      { name: 'bar', type: 'string' },
    ],
    rows: found.map(({ feature, mean }) => [
      feature,
      Number(Number(mean).toPrecision(6)),
      '█'.repeat(Math.round((longestBar * Number(mean)) / most)),
    ]),
  };
}
