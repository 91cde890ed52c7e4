import { overlap, type Rectangle } from './contact-sheet-layout.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Places one label per box inside the picture, in the given order. Of the places along the edges of its box, the label gets the one that
 * covers least of the other boxes and of the labels already placed; of equal places, the one above the box.
 */
export function placeLabels(boxes: readonly Rectangle[], labels: readonly Size[], picture: Rectangle): Rectangle[] {
  const placed: Rectangle[] = [];
  for (const [at, box] of boxes.entries()) {
    const others = boxes.filter((other) => other !== box);
    const places = placesAround(box, labels[at]!).map((place) => inside(place, picture));
    const hidden = places.map((place) => 4 * hides(place, placed) + hides(place, others));
    placed.push(places[hidden.indexOf(Math.min(...hidden))]!);
  }
  return placed;
}

/** Above, inside at the top, below, inside at the bottom; each flush left, flush right, and outside on either side. */
function placesAround(box: Rectangle, label: Size): Rectangle[] {
  const right = box.x + box.width;
  const bottom = box.y + box.height;
  const tops = [box.y - label.height, box.y, bottom, bottom - label.height];
  const lefts = [box.x, right - label.width, right, box.x - label.width];
  return lefts.flatMap((x) => tops.map((y) => ({ x, y, ...label })));
}

function inside(place: Rectangle, picture: Rectangle): Rectangle {
  const x = Math.max(picture.x, Math.min(place.x, picture.x + picture.width - place.width));
  const y = Math.max(picture.y, Math.min(place.y, picture.y + picture.height - place.height));
  return { ...place, x, y };
}

/** Sum of the shares of the other rectangles that a label hides. */
function hides(place: Rectangle, others: readonly Rectangle[]): number {
  return others.reduce((sum, other) => sum + overlap(place, other) / (other.width * other.height), 0);
}
