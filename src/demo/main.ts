import { Command } from '@commander-js/extra-typings';
import '../compile-cache.ts';
import { endWithParent } from '../cli/end-with-parent.ts';
import { openOutput } from '../cli/output.ts';
import { exitCodeOf } from '../cli/print-error.ts';
import { privateServerFolder, readConfig } from '../config.ts';
import { stopPrivateServer } from '../datasource/private-server.ts';
import { errorKinds } from '../errors.ts';
import { demoMaterial, ownMaterial } from './material.ts';
import { tellStory } from './story.ts';

const { images, model, stop } = new Command('npm run demo --')
  .description('runs a statement on 200 pictures from end to end: SQL in, detections out')
  .option('--images <folder>', 'folder of your own pictures, used instead of drawn scenes')
  .option('--model <file>', 'your own YOLO model (ONNX), used instead of the small one included in Millrace')
  .option('--stop', "stop the demo's private database")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : errorKinds.request.exitCode))
  .parse()
  .opts();

endWithParent(process.env);
try {
  const config = readConfig(process.env);
  if (stop) {
    await stopPrivateServer(privateServerFolder(config));
    console.log("The demo's private database is stopped. Its tables are kept.");
  } else {
    const material = images === undefined ? demoMaterial(config, model) : await ownMaterial(images, model);
    process.exitCode = await tellStory(config, material);
  }
} catch (error) {
  openOutput(false, () => null).error(error);
  process.exitCode = exitCodeOf(error);
}
