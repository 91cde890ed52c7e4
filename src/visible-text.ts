/**
 * Control characters (C0, C1), characters that change the direction of text, and characters without width. A terminal obeys them, but
 * a person does not see them. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u17b4\u17b5\u3164\uffa0]|\u034f/gu;

/** Makes a text of several lines safe for a terminal: replaces invisible characters, except for tabs and line breaks. */
export function visibleText(text: string): string {
  return text.replace(unseen, (character) =>
    character === '\n' || character === '\t' ? character : written(character),
  );
}

/** Does the same for a single line, and also replaces tabs and line breaks. */
export function visibleLine(text: string): string {
  return text.replace(unseen, written);
}

/** The symbol that Unicode has for a control character (U+2400 and up), or else an escape such as `\u202e`. */
function written(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  const digits = code.toString(16);
  return code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`;
}
