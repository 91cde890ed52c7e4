import { Command } from '@commander-js/extra-typings';
import '../../compile-cache.ts';
import { endWithParent } from '../../cli/end-with-parent.ts';
import { openOutput } from '../../cli/output.ts';
import { exitCodeOf } from '../../cli/print-error.ts';
import { readConfig } from '../../config.ts';
import { errorKinds } from '../../errors.ts';
import { demoMaterial } from '../material.ts';
import { tellFindStory } from './story.ts';

new Command('npm run demo:find')
  .description('asks what 120 pictures show: TO FIND chooses the models by their measured accuracy and cost')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : errorKinds.request.exitCode))
  .parse();

endWithParent(process.env);
try {
  const config = readConfig(process.env);
  await tellFindStory(config, { ...demoMaterial(config, undefined), measured: 80 });
} catch (error) {
  openOutput(false, () => null).error(error);
  process.exitCode = exitCodeOf(error);
}
