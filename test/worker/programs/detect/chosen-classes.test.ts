import { expect, it } from 'vitest';
import { chosenClasses } from '../../../../src/worker/programs/detect/chosen-classes.ts';

const names = ['person', 'cat', 'Cat', '7'];

it.each([
  [null, null],
  [
    ['0', 'CAT'],
    [0, 1, 2],
  ],
  [['7'], [3]],
])('the classes %j are those with the ids %j', (chosen, ids) => {
  const found = chosenClasses(chosen, names);
  expect(found === null ? null : [...found]).toEqual(ids);
});

it.each([
  ['persn', 'did you mean person?'],
  ['4', 'give ids from 0 to 3, or names'],
])('a class that the model does not have is refused: %s', (chosen, hint) => {
  const message = `--classes names '${chosen}', a class that the model does not have`;
  expect(() => chosenClasses([chosen], names)).toThrow(
    expect.objectContaining({ code: 'WRONG_OPTION', message, hint }),
  );
});
