import module from 'node:module';
import { fileURLToPath } from 'node:url';

// As bin/millrace.js does it: what this process starts is compiled once.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)));
