import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import opentype from 'opentype.js';

/** Draws text as outlines: an SVG's `<text>` would show nothing on a system without fonts. */
export interface Typeface {
  /** Width in px of a text set in `size` px. */
  width(text: string, size: number): number;
  /** SVG path data of a text whose baseline starts at (x, y). */
  outline(text: string, x: number, y: number, size: number): string;
}

/** The Latin letters of Inter (SIL Open Font License 1.1). */
export function loadInter(weight: 500 | 600): Typeface {
  const file = import.meta.resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff`);
  const font = opentype.parse(Uint8Array.from(readFileSync(fileURLToPath(file))).buffer);
  // Glyph by glyph, because opentype.js cannot read all of Inter's substitution tables, which it uses for whole texts.
  const glyphs = (text: string) => [...text].map((letter) => font.charToGlyph(letter));
  const advance = (glyph: opentype.Glyph, size: number) => ((glyph.advanceWidth ?? 0) * size) / font.unitsPerEm;
  return {
    width: (text, size) => glyphs(text).reduce((sum, glyph) => sum + advance(glyph, size), 0),
    outline: (text, x, y, size) => {
      let at = x;
      return glyphs(text)
        .map((glyph) => {
          const path = glyph.getPath(at, y, size).toPathData(2);
          at += advance(glyph, size);
          return path;
        })
        .join('');
    },
  };
}
