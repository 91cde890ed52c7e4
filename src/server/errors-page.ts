import { errorKinds, errorTable } from '../errors.ts';

/** The page that explains each code. The `type` of a problem points to it. */
export function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { kind, meaning, hint, status, mayPass }]) =>
      `<tr id="${code.toLowerCase()}"><td><code>${code}</code></td><td>${status ?? ''}</td><td>${kind}</td><td>${escaped(meaning)}</td>` +
      `<td>${escaped(hint)}${mayPass ? ' (may pass without any change)' : ''}</td></tr>`,
  );
  const kinds = Object.entries(errorKinds).map(([kind, { action }]) => `<i>${kind}</i>: ${action}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Millrace: errors</title>
<meta name="viewport" content="width=device-width">
<style>
  body { font: 15px/1.5 sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
  table { border-collapse: collapse } td, th { text-align: left; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid #ddd }
  tr:target { background: #fff3c4 }
</style></head>
<body><h1>Errors</h1>
<p>Every error has a code. Its kind says who has to act.</p>
<ul>${kinds.map((kind) => `<li>${kind}</li>`).join('')}</ul>
<table><thead><tr><th>code</th><th>status</th><th>kind</th><th>meaning</th><th>what to do</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></body></html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
