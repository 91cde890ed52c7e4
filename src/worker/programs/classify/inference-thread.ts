import { workerData } from 'node:worker_threads';
import { serveInference } from '../../model/serve-inference.ts';
import { bestClasses } from './best-classes.ts';
import { type ClassifierSettings, openClassifierSession } from './classifier-session.ts';

const settings = workerData as ClassifierSettings;

serveInference(async () => {
  const { model, run } = await openClassifierSession(settings);
  const choice = { ...settings, givesLogits: model.givesLogits };
  return { model, run, read: (output, picture) => bestClasses(output, picture, choice) };
});
