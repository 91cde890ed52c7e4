import { Command } from '@commander-js/extra-typings';
import '../../compile-cache.ts';
import { endWithParent } from '../../cli/end-with-parent.ts';
import { openOutput } from '../../cli/output.ts';
import { exitCodeOf } from '../../cli/print-error.ts';
import { readConfig } from '../../config.ts';
import { errorKinds } from '../../errors.ts';
import { tellTrainStory } from './story.ts';

new Command('npm run demo:train')
  .description('trains models on the iris data: TO TRAIN, its progress, metrics and plots')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : errorKinds.request.exitCode))
  .parse();

endWithParent(process.env);
try {
  process.exitCode = await tellTrainStory(readConfig(process.env));
} catch (error) {
  openOutput(false, () => null).error(error);
  process.exitCode = exitCodeOf(error);
}
