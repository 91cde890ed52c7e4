/**
 * Control characters (C0, C1), what changes the direction of text, and what has no width: a terminal obeys them, and a person does not
 * see them. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u17b4\u17b5\u3164\uffa0]|\u034f/gu;

/** A text of several lines as a terminal may show it: tabs and line ends stay, every other unseen character is written out. */
export function visibleText(text: string): string {
  return text.replace(unseen, (character) =>
    character === '\n' || character === '\t' ? character : written(character),
  );
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return text.replace(unseen, written);
}

/** Unicode's pictures of control characters, U+2400 and up, where it has them; else `\u202e`. */
function written(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  const digits = code.toString(16);
  return code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`;
}
