/** The styles of scenes. `noto-v1` is never used for training: it measures how well the model generalizes. */
export type Style = 'fluent' | 'noto' | 'noto-v1';

export const packs: Readonly<Record<Style, string>> = {
  fluent: '@iconify-json/fluent-emoji-flat',
  noto: '@iconify-json/noto',
  'noto-v1': '@iconify-json/noto-v1',
};

/** COCO's class names and the icons that show them; a style uses those that its pack has. */
export const iconNames = {
  person: ['person', 'man', 'woman'].flatMap((who) =>
    ['walking', 'running', 'standing'].map((does) => `${who}-${does}`),
  ),
  bicycle: ['bicycle'],
  car: [
    'automobile',
    'sport-utility-vehicle',
    'taxi',
    'police-car',
    'racing-car',
    'oncoming-automobile',
    'oncoming-taxi',
  ],
  motorcycle: ['motorcycle', 'motor-scooter'],
  airplane: ['airplane', 'small-airplane'],
  bus: ['bus', 'trolleybus', 'oncoming-bus'],
  train: ['locomotive', 'railway-car', 'train', 'tram'],
  truck: ['delivery-truck', 'articulated-lorry', 'fire-engine'],
  boat: ['sailboat', 'speedboat', 'motor-boat', 'ferry', 'ship', 'passenger-ship'],
  'traffic light': ['vertical-traffic-light', 'horizontal-traffic-light'],
  bird: ['bird', 'baby-chick', 'duck', 'owl', 'rooster', 'penguin', 'parrot', 'eagle', 'dove'],
  cat: ['cat', 'black-cat'],
  dog: ['dog', 'poodle', 'guide-dog'],
  horse: ['horse'],
  sheep: ['ewe', 'ram'],
  cow: ['cow', 'ox'],
  elephant: ['elephant'],
  zebra: ['zebra'],
  giraffe: ['giraffe'],
  umbrella: ['umbrella', 'umbrella-on-ground'],
  'sports ball': ['soccer-ball', 'basketball', 'volleyball', 'baseball', 'american-football'],
  kite: ['kite'],
  bottle: ['bottle-with-popping-cork', 'baby-bottle', 'lotion-bottle'],
  'wine glass': ['wine-glass'],
  cup: ['hot-beverage', 'teacup-without-handle', 'cup-with-straw', 'beer-mug'],
  banana: ['banana'],
  apple: ['red-apple', 'green-apple'],
  sandwich: ['sandwich'],
  orange: ['tangerine'],
  broccoli: ['broccoli'],
  carrot: ['carrot'],
  'hot dog': ['hot-dog'],
  pizza: ['pizza'],
  donut: ['doughnut'],
  cake: ['birthday-cake', 'shortcake'],
  chair: ['chair'],
  couch: ['couch-and-lamp'],
  'potted plant': ['potted-plant'],
  tv: ['television'],
  laptop: ['laptop'],
  mouse: ['computer-mouse'],
  keyboard: ['keyboard'],
  'cell phone': ['mobile-phone'],
  book: ['closed-book', 'green-book', 'blue-book', 'orange-book', 'open-book', 'books'],
  clock: ['alarm-clock', 'mantelpiece-clock', 'ten-oclock', 'three-oclock'],
  vase: ['amphora'],
  scissors: ['scissors'],
  'teddy bear': ['teddy-bear'],
  toothbrush: ['toothbrush'],
} as const satisfies Record<string, readonly string[]>;

export type SceneClass = keyof typeof iconNames;

/** Icons that are not used: cut off at the edge, drawn with a piece of background, or not what the name says. */
export const leftOut: ReadonlySet<string> = new Set([
  'fluent/ferry',
  'fluent/ship',
  'fluent/passenger-ship',
  'fluent/umbrella-on-ground',
  'noto/trolleybus',
  'noto-v1/ferry',
  'noto-v1/basketball',
  'noto-v1/laptop',
]);

/** Degrees clockwise that turn an icon upright if its pack draws it at an angle. */
export const upright: Readonly<Record<string, number>> = {
  'fluent/bottle-with-popping-cork': 45,
  'noto/bottle-with-popping-cork': 40,
  'noto-v1/bottle-with-popping-cork': 42,
  'fluent/baby-bottle': 45,
  'noto/baby-bottle': -45,
  'noto-v1/baby-bottle': 28,
};

/** The share of the icon's height, from below, that shows water or sand. It is hidden, because the scene has its own. */
export const sunk: Readonly<Record<string, number>> = {
  'fluent/sailboat': 0.21,
  'fluent/speedboat': 0.34,
  'fluent/motor-boat': 0.27,
  'noto/sailboat': 0.05,
  'noto/speedboat': 0.1,
  'noto/motor-boat': 0.22,
  'noto/ferry': 0.08,
  'noto/ship': 0.06,
  'noto/passenger-ship': 0.06,
  'noto/umbrella-on-ground': 0.2,
  'noto-v1/sailboat': 0.05,
  'noto-v1/speedboat': 0.12,
  'noto-v1/motor-boat': 0.1,
  'noto-v1/ship': 0.14,
  'noto-v1/passenger-ship': 0.1,
  'noto-v1/umbrella-on-ground': 0.2,
};

/** Suffixes of the names that denote a person's skin tone. */
export const skinTones: Readonly<Record<Style, readonly string[]>> = {
  fluent: ['-light', '-medium-light', '-medium', '-medium-dark', '-dark'],
  noto: [
    '-light-skin-tone',
    '-medium-light-skin-tone',
    '-medium-skin-tone',
    '-medium-dark-skin-tone',
    '-dark-skin-tone',
  ],
  'noto-v1': [
    '-light-skin-tone',
    '-medium-light-skin-tone',
    '-medium-skin-tone',
    '-medium-dark-skin-tone',
    '-dark-skin-tone',
  ],
};
