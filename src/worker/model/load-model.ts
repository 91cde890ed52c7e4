import { type Inference, startInference } from './inference.ts';
import { type Look, type LookedModel, lookAtDeclaration, lookAtModel, type ModelSettings } from './look-at-model.ts';
import type { ModelUse } from './preprocessing.ts';
import type { SessionPlan } from './session.ts';

interface LoadedModel<Looked extends LookedModel> {
  readonly looked: Looked;
  readonly inference: Inference;
  readonly plan: SessionPlan;
}

/**
 * Looks at a model and starts it. What its file declares is tried first: the model is loaded once, and its first run checks the
 * declaration. Whatever fails there, a run tells what the model is, and what is wrong with it.
 * @param look learns what the model is in the given way
 * @param start starts it
 * @throws MillraceError whatever `look` and `startInference` throw
 */
export async function loadModel<Looked extends LookedModel>(
  settings: ModelSettings,
  look: (way: Look) => Promise<Looked>,
  useOf: (looked: Looked) => ModelUse,
  start: (plan: SessionPlan) => Promise<Inference> = startInference,
): Promise<LoadedModel<Looked>> {
  const load = async (way: Look) => {
    const looked = await look(way);
    const plan = { ...looked, use: useOf(looked), settings };
    return { looked, inference: await start(plan), plan };
  };
  try {
    return await load(lookAtDeclaration);
  } catch {
    return load(lookAtModel);
  }
}
