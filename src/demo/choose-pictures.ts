/** A class that was detected in a picture. */
export interface Seen {
  readonly file: string;
  readonly className: string;
}

/** Chooses pictures one after the other, each time the one whose classes have been shown least. */
export function choosePictures(seen: readonly Seen[], count: number): readonly string[] {
  const left = new Map([...Map.groupBy(seen, ({ file }) => file)]);
  const shown = new Map<string, number>();
  const chosen: string[] = [];
  while (chosen.length < count && left.size > 0) {
    const worth = ([, classes]: [string, readonly Seen[]]) =>
      classes.reduce((sum, { className }) => sum + 1 / (1 + (shown.get(className) ?? 0)) ** 2, 0);
    const [file, classes] = [...left].reduce((best, each) => (worth(each) > worth(best) ? each : best));
    for (const { className } of classes) shown.set(className, (shown.get(className) ?? 0) + 1);
    left.delete(file);
    chosen.push(file);
  }
  return chosen;
}
