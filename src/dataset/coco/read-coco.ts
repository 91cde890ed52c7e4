import { type DatasetRow, type DatasetTable, type Shape, tableNames } from '../tables.ts';
import { rowOf } from './coco-rows.ts';
import { openInstanceScan } from './scan-instances.ts';

/**
 * Reads an instance file of COCO from its bytes, in memory that does not depend on its size. Rows come in the order of the file.
 * Each yield has the rows of one chunk.
 *
 * @throws {MillraceError} DATASET_TRUNCATED, DATASET_INVALID, DATASET_NAME_UNSAFE
 */
export async function* readCoco(
  chunks: AsyncIterable<Uint8Array>,
  shape: Pick<Shape, 'segmentations'>,
): AsyncGenerator<readonly DatasetRow[]> {
  let rows: DatasetRow[] = [];
  const take = () => {
    const taken = rows;
    rows = [];
    return taken;
  };
  const scan = openInstanceScan(
    ({ part, where, value }) => {
      if (isTable(part)) rows.push(rowOf(part, value, where, shape));
    },
    { skipSegmentations: !shape.segmentations },
  );
  for await (const chunk of chunks) {
    scan.write(chunk);
    yield take();
  }
  scan.end();
  yield take();
}

function isTable(part: string): part is DatasetTable {
  return (tableNames as readonly string[]).includes(part);
}
