import { formatRows } from '../../cli/result-table.ts';
import { visibleText } from '../../visible-text.ts';
import { heading } from '../telling.ts';
import { type Asking, type Found, findImages, findSql, type Place } from './compare.ts';
import type { Question } from './questions.ts';

/** Asks the same question twice, the second time with another threshold: stored answers replace the models. */
export async function showReuse(place: Place, question: Question, asking: Asking): Promise<void> {
  heading('The same question with another threshold');
  const stricter = { ...asking, attributes: [...asking.attributes, 'confidence = 0.5'] };
  console.log(visibleText(findSql(place, question, stricter)));
  const first = await findImages(place, question, asking);
  const second = await findImages(place, question, stricter);
  const rows = [reuseRow('0.25, the default', first), reuseRow('0.5', second)];
  const columns = ['confidence', 'models asked', 'stored answers used', 'took', 'found'];
  console.log(`\n${formatRows(columns, rows)}`);
  console.log(
    '\nWhat a model has answered about a picture is stored: another threshold or class need not ask it again.',
  );
}

function reuseRow(confidence: string, { ended, images }: Found): readonly string[] {
  const { models, timings } = ended.steps[0]!;
  const sum = (of: (model: NonNullable<typeof models>[number]) => number) =>
    (models ?? []).reduce((total, model) => total + of(model), 0);
  return [
    confidence,
    `${sum(({ asked, reused }) => asked - reused)} times`,
    String(sum(({ reused }) => reused)),
    `${(timings?.totalMs ?? 0).toFixed(1)} ms an image`,
    String(images.size),
  ];
}
