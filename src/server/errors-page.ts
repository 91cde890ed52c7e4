import { errorTable } from '../errors.ts';

/** What each code means: where the `type` of a problem points to. */
export function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { kind, meaning }]) =>
      `<tr id="${code.toLowerCase()}"><td><code>${code}</code></td><td>${kind}</td><td>${escaped(meaning)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Millrace: errors</title>
<meta name="viewport" content="width=device-width">
<style>
  body { font: 15px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
  table { border-collapse: collapse } td, th { text-align: left; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid #ddd }
  tr:target { background: #fff3c4 }
</style></head>
<body><h1>Errors</h1>
<p>Every error has a code. The kind says who has to act: <i>statement</i> whoever wrote it, <i>configuration</i> and <i>database</i>
whoever runs Millrace, <i>run</i> whoever looks after what ran; <i>internal</i> is a defect: please report it.</p>
<table><thead><tr><th>code</th><th>kind</th><th>meaning</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></body></html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
