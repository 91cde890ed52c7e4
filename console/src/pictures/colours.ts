/** Colours that stay apart on dark and bright pictures: Okabe and Ito's, and four more. https://jfly.uni-koeln.de/color/ */
const colours = [
  '#e69f00',
  '#56b4e9',
  '#2fd39c',
  '#f0e442',
  '#ff7a5c',
  '#e58fd0',
  '#9ad14b',
  '#a8a2ff',
  '#ffffff',
  '#3fe0e0',
];

/** A class has the same colour in every picture. */
export function colourOf(name: string): string {
  let sum = 7;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)!) % 1_000_003;
  return colours[sum % colours.length]!;
}

/** Of the ground truth. */
export const truthColour = '#ffffff';
