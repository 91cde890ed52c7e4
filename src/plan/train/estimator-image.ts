/** SQLFlow's `image/Estimator`: the last slash ends the image, which is null if only an estimator is named. */
export function splitEstimator(text: string): { readonly image: string | null; readonly name: string } {
  const slash = text.lastIndexOf('/');
  return slash < 0 ? { image: null, name: text } : { image: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** The image of the project's trainer. */
export const trainerImage = 'millrace/trainer';
