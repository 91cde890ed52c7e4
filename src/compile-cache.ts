import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Like bin/millrace.js: the programs that this process starts are compiled only once.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)));
