import type { Command } from '@commander-js/extra-typings';
import type { Place, PlaceOptions } from '../open-service.ts';
import { answer } from './answer.ts';
import { placed } from './options.ts';

/** `millrace models` and its subcommands. @param on where a command's statements run */
export function addModelCommands(millrace: Command, on: (options: PlaceOptions) => Place): void {
  const models = placed(millrace.command('models').description('list the models that statements can name'))
    .option('--json', 'print JSON lines')
    .option('--plot <file>', 'draw accuracy against cost of the registered models, as SVG')
    .helpCommand(false)
    .enablePositionalOptions()
    .action(({ json = false, plot, ...where }) =>
      answer(json, async (output) => {
        if (plot !== undefined) return (await import('../model-files.ts')).drawModels(plot, on(where), output);
        return (await import('../models.ts')).listModels(on(where), output);
      }),
    );

  models
    .command('import')
    .description('register the simulated models of a list: id,model,latency_s,accuracy,classes,classes_unique')
    .argument('<file>', 'CSV file; the same list again changes nothing')
    .option('--json', 'print JSON lines')
    .action((file, { json = false }) =>
      answer(json, async (output) => (await import('../model-files.ts')).importModels(file, on({}), output)),
    );

  placed(models.command('show').description('show the versions of a model').argument('<name>', 'name of the model'))
    .option('--json', 'print JSON lines')
    .option('--plot <file>', 'draw the metrics of its training by epoch or round, or the trials of its search, as SVG')
    .action((name, { json = false, plot, ...where }) =>
      answer(json, async (output) => {
        if (plot !== undefined) return (await import('../model-files.ts')).drawTraining(name, plot, on(where), output);
        const { modelStatements, runModelStatement } = await import('../models.ts');
        return runModelStatement(modelStatements.show(name), on(where), output);
      }),
    );

  placed(
    models
      .command('create')
      .description('register a model: a path in a volume, or a file to store in the database')
      .argument('<name>', 'name of the model')
      .argument('<file>', 'ONNX file: /models/… or a file of this machine'),
  )
    .option('--json', 'print JSON lines')
    .action((name, file, { json = false, ...where }) =>
      answer(json, async (output) => (await import('../models.ts')).createModel(name, file, on(where), output)),
    );

  placed(models.command('drop').description('drop a model and its versions').argument('<name>', 'name of the model'))
    .option('--json', 'print JSON lines')
    .action((name, { json = false, ...where }) =>
      answer(json, async (output) => {
        const { modelStatements, runModelStatement } = await import('../models.ts');
        return runModelStatement(modelStatements.drop(name), on(where), output);
      }),
    );

  placed(
    models
      .command('set-version')
      .description('make another version of a model the current one')
      .argument('<name>', 'name of the model')
      .argument('<version>', 'number of the version'),
  )
    .option('--json', 'print JSON lines')
    .action((name, version, { json = false, ...where }) =>
      answer(json, async (output) => {
        const { modelStatements, runModelStatement } = await import('../models.ts');
        return runModelStatement(modelStatements.setVersion(name, version), on(where), output);
      }),
    );
}
