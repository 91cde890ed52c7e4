import { Argument, Command, Option } from '@commander-js/extra-typings';
import '../src/compile-cache.ts';
import { errorText, exitCodeOf } from '../src/cli/print-error.ts';
import { errorKinds } from '../src/errors.ts';
import { devices } from '../src/programs/device.ts';
import { benchCascade } from './cascade.ts';
import { benchDataset } from './dataset.ts';
import { benchEndToEnd } from './end-to-end.ts';
import type { Table } from './figure.ts';
import { benchFind } from './find.ts';
import { benchHopping } from './hopping.ts';
import { benchHoppingWorkers } from './hopping-workers.ts';
import { type Material, openMaterial } from './material.ts';
import { benchMemory, memoryRows } from './memory.ts';
import { benchModels } from './models.ts';
import { benchMysql } from './mysql.ts';
import { benchPlan } from './plan.ts';
import { benchPredict } from './predict.ts';
import { openReport } from './report.ts';
import { benchSearch } from './search.ts';
import { benchServer } from './server.ts';
import { benchServerMemory } from './server-memory.ts';
import { benchSql } from './sql.ts';
import { benchStages } from './stages.ts';
import { benchWorkflow } from './workflow.ts';

const benchmarks = {
  sql: async () => benchSql(),
  plan: async () => benchPlan(),
  workflow: async () => benchWorkflow(),
  inference: async (material) => benchStages(await material.detector(), material.choice),
  'end-to-end': async (material) => benchEndToEnd(await material.detector(), await material.config()),
  cascade: async (material) => benchCascade(await material.detector(), await material.config()),
  memory: async (material, rows) => benchMemory((await material.config()).dsn, rows),
  dataset: async (material) => benchDataset((await material.config()).dsn),
  models: async (material) => benchModels(await material.config()),
  predict: async (material) => benchPredict(await material.config()),
  find: async (material) => benchFind(material.choice.charts),
  hopping: async () => benchHopping(),
  'hopping-workers': async (material) => benchHoppingWorkers(await material.config()),
  search: async (material) => benchSearch(await material.config()),
  server: async (material) => benchServer(await material.pictures(), await material.config()),
  mysql: async (material) => benchMysql(await material.config()),
  'server-memory': async (material) => benchServerMemory(await material.pictures(), await material.config()),
} satisfies Record<string, (material: Material, rows: number) => Promise<Table>>;

/** So many rows that starting and loading do not weigh. */
const imageRows = 512;

const names = Object.keys(benchmarks) as (keyof typeof benchmarks)[];

const command = new Command('npm run bench --')
  .description('measures speed and memory; compares each figure with a baseline of the same run')
  .addArgument(new Argument('[benchmarks...]', 'benchmarks to run').choices(names).default(names))
  .option('--json', 'print JSON lines')
  .option('--model <file>', "the detector of inference and end-to-end; else the demo's")
  .option('--images <folder>', 'their images, repeated; else drawn ones')
  .option('--batch <images>', 'images that the model takes at once', Number)
  .addOption(new Option('--device <device>', 'where the model runs').choices(devices).default('cpu'))
  .option('--rows <n>', 'rows of the largest selection of memory, and of the statement over chosen images', Number)
  .option('--charts <folder>', 'where find writes its charts as SVG; else it draws none')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : errorKinds.request.exitCode))
  .parse();

const report = openReport(command.opts().json ?? false);
const { model = null, images = null, rows, batch = null, device, charts = null } = command.opts();
const material = openMaterial({ model, images, rows: rows ?? imageRows, batch, device, charts }, (line) =>
  console.error(line),
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(errorKinds.cancelled.exitCode));

let ended: Promise<never> | undefined;

try {
  report.machine();
  for (const name of command.processedArgs[0]) report.add(name, await benchmarks[name](material, rows ?? memoryRows));
  await end(0);
} catch (error) {
  if (ended === undefined) console.error(errorText(error, null));
  await end(exitCodeOf(error));
}

/** Ends the run once. Errors that follow, because the database is being stopped, are ignored. */
function end(exitCode: number): Promise<never> {
  ended ??= material.release().then(() => process.exit(exitCode));
  return ended;
}
