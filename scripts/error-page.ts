import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorPage } from '../src/error-page.ts';

writeFileSync(fileURLToPath(new URL('../docs/errors.md', import.meta.url)), errorPage());
