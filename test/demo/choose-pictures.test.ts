import { expect, test } from 'vitest';
import { choosePictures } from '../../src/demo/choose-pictures.ts';

const seen = (file: string, ...classes: string[]) => classes.map((className) => ({ file, className }));

test('the first picture is the one with the most classes, the next shows classes not yet shown', () => {
  const all = [...seen('a', 'cat'), ...seen('b', 'cat', 'dog', 'cow'), ...seen('c', 'cat', 'dog'), ...seen('d', 'bus')];
  expect(choosePictures(all, 3)).toEqual(['b', 'd', 'c']);
});

test('all pictures are chosen if there are fewer than requested', () => {
  expect(choosePictures(seen('a', 'cat'), 12)).toEqual(['a']);
  expect(choosePictures([], 12)).toEqual([]);
});
