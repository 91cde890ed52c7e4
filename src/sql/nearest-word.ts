import { closestMatch } from 'leven';

/** The upper-case word that was probably meant: one edit or swap of adjacent letters away in a short word, two edits in a long one. */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  const upper = word.slice(0, 40).toUpperCase();
  const letters = (text: string) => [...text].sort().join('');
  const swapped = words.find((each) => letters(each) === letters(upper));
  return swapped ?? closestMatch(upper, words, { maxDistance: upper.length < 4 ? 1 : 2 });
}
