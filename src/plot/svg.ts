/** Eight hues that people with any colour vision tell apart: https://jfly.uni-koeln.de/color/ (the black one depends on the theme). */
export const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#8c6bb1', '#7f7f7f'];

/** Colours of the paper and the text, in a browser's light and dark mode. The paper is opaque: the chart is readable on any page. */
const style = `.paper{fill:#ffffff}.ink{fill:#1c2330}.faded{fill:#5b6472}.grid{stroke:#e3e6eb}.axis{stroke:#8a93a0}
.front{stroke:#1c2330}.halo{stroke:#ffffff}
@media (prefers-color-scheme: dark){.paper{fill:#14181f}.ink{fill:#eef1f5}.faded{fill:#a6afbc}.grid{stroke:#2b323d}.axis{stroke:#6d7683}
.front{stroke:#eef1f5}.halo{stroke:#14181f}}`;

/** An SVG of its own on opaque paper. */
export function document(
  { width, height }: { readonly width: number; readonly height: number },
  title: string,
  parts: readonly string[],
): string {
  const paper = `<rect class="paper" width="${width}" height="${height}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Inter, system-ui, 'DejaVu Sans', sans-serif" role="img" aria-label="${escaped(title)}">
<style>${style}</style>
${[paper, ...parts].filter((part) => part !== '').join('\n')}
</svg>
`;
}

/** No font is at hand to measure with: the mean width of letters and digits of sans-serif fonts, and a little more. */
export function textWidth(written: string, fontSize: number): number {
  return [...written].length * fontSize * 0.6;
}

/** The beginning of a text that is wider than there is room. */
export function shortened(written: string, width: number, size: number): string {
  if (textWidth(written, size) <= width) return written;
  const characters = [...written];
  const kept = Math.max(1, Math.floor(width / textWidth('n', size)) - 1);
  return `${characters.slice(0, kept).join('')}…`;
}

export function text(x: number, y: number, written: string, colour: string, attributes: string): string {
  return `<text class="${colour}" x="${round(x)}" y="${round(y)}" ${attributes}>${escaped(written)}</text>`;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Characters that XML 1.0 does not allow are left out: https://www.w3.org/TR/xml/#charsets */
function escaped(written: string): string {
  return written
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"]/g, (each) => entities[each]!);
}
